// Numbers from decimal digits, the same in every locale: the one place that reads fractions. std::from_chars would do,
// if every C++ library had it for fractions, too: libc++ has, from version 20 on.
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace gibbs {

/// The number that all of `text` is: "-12", and for fractions "1.5e-3", "inf" and "nan", too. Returns std::errc() when
/// it stands in `value`, which errors leave as it was: result_out_of_range for a number that a T cannot hold, and
/// invalid_argument for other texts.
template <class T>
std::errc parse_number(std::string_view text, T& value) {
  T parsed{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error == std::errc() && end != text.data() + text.size()) {
    return std::errc::invalid_argument;
  }
  value = error == std::errc() ? parsed : value;
  return error;
}
std::errc parse_number(std::string_view text, double& value);

}  // namespace gibbs
