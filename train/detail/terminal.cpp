#include "gibbs/train/detail/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace gibbs::train {
namespace {

// As they are when the program starts: a buffer that a program gives to std::cout later leads elsewhere.
const std::streambuf* const kStandardOutput = std::cout.rdbuf();
const std::streambuf* const kStandardError = std::cerr.rdbuf();
const std::streambuf* const kStandardLog = std::clog.rdbuf();

/// -1: neither standard output nor standard error.
int descriptor_of(const std::ostream& out) {
  const std::streambuf* buffer = out.rdbuf();
  return buffer == kStandardOutput                            ? STDOUT_FILENO
         : buffer == kStandardError || buffer == kStandardLog ? STDERR_FILENO
                                                              : -1;
}

}  // namespace

bool is_terminal(const std::ostream& out) {
  const int descriptor = descriptor_of(out);
  return descriptor >= 0 && isatty(descriptor) != 0;
}

int terminal_columns(const std::ostream& out) {
  winsize size{};
  if (ioctl(descriptor_of(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  constexpr int kUsual = 80, kMost = 10'000;
  const char* variable = std::getenv("COLUMNS");
  const std::string_view text = variable == nullptr ? "" : variable;
  int columns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && columns >= 1 && columns <= kMost ? columns : kUsual;
}

}  // namespace gibbs::train
