// How a numbered example ends: it says what it claims and whether that came true. As a test it fails when it did not.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>

#include "examples/program/guarded.h"

namespace gibbs::examples {

struct Claim {
  std::string text;
  bool holds;
};

/// Prints every claim; the exit code of main: 0 when all hold, else 1.
inline int verdict(std::initializer_list<Claim> claims) {
  int exit_code = 0;
  fmt::print("\n");
  for (const Claim& claim : claims) {
    fmt::print("{} {}\n", claim.holds ? "true: " : "FALSE:", claim.text);
    exit_code = claim.holds ? exit_code : 1;
  }
  return exit_code;
}

}  // namespace gibbs::examples
