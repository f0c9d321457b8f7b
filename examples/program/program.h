// What every example program with options does around its work: arguments, errors, exit codes.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <functional>
#include <string>

#include "examples/program/guarded.h"
#include "gibbs/tensor/parse_number.h"

namespace gibbs::examples {

/// Of what is counted in pictures, steps and the like; and of threads.
inline constexpr int kLargestCount = 2'147'483'647;
inline constexpr int kMostThreads = 512;

inline std::string refusal(const std::string& rule, const std::string& text) {
  return fmt::format("must be {}, it is {}", rule, text.empty() ? "empty" : text);
}

/// The rule of an option for `transform`: "--epochs: must be a whole number from 1 to 2147483647, it is 3e9". CLI11
/// alone would take "" for 0, 010 for 8, 0x10 for 16, and the largest number for what is too large.
template <class Number>
CLI::Validator whole_number(Number least, Number most) {
  const auto rule = [least, most](std::string& text) {
    Number value{};
    if (parse_number(text, value) != std::errc() || value < least || value > most) {
      return refusal(fmt::format("a whole number from {} to {}", least, most), text);
    }
    text = fmt::format("{}", value);
    return std::string();
  };
  return {rule, ""};
}

/// The rule of an option that takes fractions: "--learning-rate: must be a number above 0, it is nan".
template <class Accepts>
CLI::Validator must_be(const std::string& rule, Accepts accepts) {
  const auto check = [rule, accepts](std::string& text) {
    double value = 0;
    const bool ok = parse_number(text, value) == std::errc() && std::isfinite(value) && accepts(value);
    return ok ? std::string() : refusal(rule, text);
  };
  return {check, ""};
}

/// Parses the arguments and runs `body`, whose result is the exit code, guarded (guarded.h). Wrong arguments end with a
/// message on standard error and exit code 2.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

}  // namespace gibbs::examples
