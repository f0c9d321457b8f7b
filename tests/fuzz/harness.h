// What the fuzzers share. A harness gives bytes to one reader and says what must hold of the answer: more than that it
// does not crash. libfuzzer.cpp makes a fuzzer of each one; replay_test.cpp runs all of them on inputs that are kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gibbs/tensor/error.h"

namespace gibbs::fuzz {

using Bytes = std::vector<std::uint8_t>;

struct Harness {
  /// The name of its folders in corpus/ and crashes/.
  std::string name;
  /// Gives `input` to the reader; true when it was accepted. Throws std::logic_error when a promise is broken, and lets
  /// through what a reader may not throw: everything but gibbs::Error.
  bool (*examine)(const Bytes& input);
  /// Inputs that are accepted, made by the library, beside those in corpus/. None where it does not write the format.
  std::vector<Bytes> (*seeds)() = [] { return std::vector<Bytes>(); };
  /// Mends lengths and checksums, so that what a mutation has changed elsewhere is reached.
  void (*repair)(Bytes& input) = [](Bytes&) {};
};

Harness checkpoint_harness();
Harness cifar10_harness();
Harness class_names_harness();
Harness history_harness();
Harness idx_harness();
Harness image_folder_harness();
Harness picture_harness();
Harness safetensors_harness();
Harness training_state_harness();
Harness weights_harness();

/// The path of a file `name` in a folder of this process, which is removed at its end.
std::string scratch(const std::string& name);
/// Writes `input` to the file "input" in that folder; gives its path.
std::string file_of(const Bytes& input);
Bytes bytes_of(std::string_view text);
std::string text_of(const Bytes& input);

/// Throws std::logic_error("broken promise: ...") unless it holds.
void require(bool holds, const std::string& promise);

/// False when `read` throws the one exception that a reader may throw.
template <class Read>
bool accepts(Read read) {
  try {
    read();
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace gibbs::fuzz
