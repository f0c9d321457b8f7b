// strtod reads more than decimal digits, and in the program's locale: what is more is refused first, and the locale is
// C's own.
#include "gibbs/tensor/parse_number.h"

#include <locale.h>  // NOLINT: newlocale is not C++'s

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>
#ifdef __APPLE__
#include <xlocale.h>
#endif

namespace gibbs {
namespace {

/// Space before a number, a plus, and hexadecimal digits.
bool is_for_strtod_alone(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  return text.empty() || std::string_view(" \t\n\v\f\r+").find(text[0]) != std::string_view::npos ||
         digits.starts_with("0x") || digits.starts_with("0X");
}

}  // namespace

std::errc parse_number(std::string_view text, double& value) {
  static const locale_t c_locale = newlocale(LC_ALL_MASK, "C", nullptr);  // cannot fail: it exists already
  if (is_for_strtod_alone(text)) {
    return std::errc::invalid_argument;
  }
  const std::string terminated(text);
  char* end = nullptr;
  errno = 0;
  const double parsed = strtod_l(terminated.c_str(), &end, c_locale);
  if (end != terminated.c_str() + terminated.size()) {
    return std::errc::invalid_argument;
  }
  if (errno == ERANGE && (parsed == 0 || std::isinf(parsed))) {  // and not what is small, but a number
    return std::errc::result_out_of_range;
  }
  value = parsed;
  return std::errc();
}

}  // namespace gibbs
