#include "tests/fuzz/harness.h"

#include <stdexcept>

#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {

std::string scratch(const std::string& name) {
  static const testing::TemporaryFolder folder;
  return folder / name;
}

std::string file_of(const Bytes& input) {
  const std::string path = scratch("input");
  std::ofstream(path, std::ios::binary) << text_of(input);
  return path;
}

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

std::string text_of(const Bytes& input) { return {input.begin(), input.end()}; }

void require(bool holds, const std::string& promise) {
  if (!holds) {
    throw std::logic_error("broken promise: " + promise);
  }
}

}  // namespace gibbs::fuzz
