// Errors: the one exception type of the library, and `check`, which states a rule and throws when it does not hold.
//
// A message names the op or layer, the rule, the values, and the likely repair:
//   check(a.dtype() == b.dtype(), "add: dtypes differ: ", a.dtype(), " and ", b.dtype(), "; convert one with cast");
#pragma once

#include <stdexcept>
#include <string>

#include "gibbs/tensor/plain_text.h"

namespace gibbs {

/// Everything gibbs throws. Programs print what() and leave with exit code 2.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Error with the parts written one after the other.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  PlainText message;
  (message << ... << parts);
  throw Error(message.str());
}

/// Does nothing when `ok`; otherwise throws Error with the parts written one after the other.
template <class... Parts>
void check(bool ok, const Parts&... parts) {
  if (!ok) [[unlikely]] {
    fail(parts...);
  }
}

}  // namespace gibbs
