// What a program of a page writes, for comparison with what the page shows.
#pragma once

#include <gtest/gtest.h>

#include <iostream>
#include <string>

namespace gibbs {

/// What `program`, made by extract_snippets.py, writes to standard output.
template <class Program>
std::string printed_by(Program program) {
  ::testing::internal::CaptureStdout();
  program(0, nullptr);
  std::cout.flush();
  return ::testing::internal::GetCapturedStdout();
}

}  // namespace gibbs
