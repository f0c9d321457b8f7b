// Text of others (names of files and classes, metadata) on a terminal: letters, never commands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gibbs {

/// `text` with every control character (C0, DEL, and C1 as UTF-8) and every byte that is not UTF-8 written as \xNN, and
/// the marks that reverse the direction of writing (U+202A..202E, U+2066..2069), that end a line (U+2028, U+2029) and
/// that are no characters (U+nFFFE, U+nFFFF: XML has no place for them) likewise, so that what is shown is what is
/// there. Everything else, letters of all languages included, stays as it is.
std::string printable(std::string_view text);

/// The same with at most `most` characters, "..." for what is left out.
std::string printable(std::string_view text, std::size_t most);

}  // namespace gibbs
