// One harness as a program of libFuzzer (https://llvm.org/docs/LibFuzzer.html); GIBBS_HARNESS names it. The first
// folder on its command line, in which libFuzzer keeps what it finds, is given the harness's seeds.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <span>

#include "gibbs/tensor/parallel.h"
#include "tests/fuzz/harness.h"

namespace {

using gibbs::fuzz::Bytes;

const gibbs::fuzz::Harness& harness() {
  static const gibbs::fuzz::Harness the_one = gibbs::fuzz::GIBBS_HARNESS();
  return the_one;
}

/// Tells at the end how many inputs got through, so that a harness which has grown blind is noticed.
struct Count {
  std::size_t examined = 0, accepted = 0;
  Count() = default;
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;
  ~Count() { fmt::print(stderr, "accepted {} of {} inputs\n", accepted, examined); }
};

void write_seeds(const std::filesystem::path& folder) {
  int number = 0;
  for (const Bytes& seed : harness().seeds()) {
    std::ofstream(folder / ("seed_" + std::to_string(number++)), std::ios::binary) << gibbs::fuzz::text_of(seed);
  }
}

}  // namespace

// The names and types that libFuzzer asks for.
extern "C" {

std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t largest);

int LLVMFuzzerInitialize(int* argc, char*** argv) {
  gibbs::set_num_threads(1);  // threads have nothing to find here, and cost time
  const std::span<char*> arguments(*argv, static_cast<std::size_t>(*argc));
  const auto folder = std::find_if(arguments.begin() + 1, arguments.end(),
                                   [](const char* text) { return std::filesystem::is_directory(text); });
  if (folder != arguments.end()) {
    write_seeds(*folder);
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Count count;
  ++count.examined;
  count.accepted += harness().examine(Bytes(data, data + size));
  return 0;
}

/// One mutation in eight is left as it is, so that wrong lengths and checksums are tried, too.
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t largest, unsigned seed) {
  const std::size_t mutated = LLVMFuzzerMutate(data, size, largest);
  Bytes input(data, data + mutated);
  if (seed % 8 != 0) {
    harness().repair(input);
  }
  if (input.size() > largest) {
    return mutated;
  }
  std::copy(input.begin(), input.end(), data);
  return input.size();
}
}
