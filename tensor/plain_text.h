// PlainText: a text that is put together with <<, in which numbers look as they do in C++ source.
//
// A std::ostringstream takes the locale of the program, where 1234.5 may be "1.234,5". What gibbs writes into messages
// and files is the same everywhere, so the library makes texts with PlainText or fmt, and reads numbers with
// parse_number.
#pragma once

#include <locale>
#include <sstream>

namespace gibbs {

class PlainText : public std::ostringstream {
 public:
  PlainText() { imbue(std::locale::classic()); }
};

}  // namespace gibbs
