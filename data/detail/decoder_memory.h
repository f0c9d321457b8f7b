// What the memory of the picture decoder holds before anything is written to it: a hook for tests and fuzzers.
//
// A picture that comes out the same over zeros and over ones owes nothing to memory that was never written.
#pragma once

#include <cstdint>
#include <optional>

namespace gibbs::data {

/// From now on, and on all threads, memory that decode_image takes for its work is filled with `byte`; without one it
/// is as the system gives it, which is the default.
void fill_decoder_memory(std::optional<std::uint8_t> byte);

}  // namespace gibbs::data
