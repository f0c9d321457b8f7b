// What pixels become, looked up: a table of 256 float32 numbers for every channel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gibbs/data/normalization.h"

namespace gibbs::data {

/// [channels, 256]: (pixel * scale + offset - mean) / deviation, computed in float64 and rounded once. `op` opens the
/// messages. Errors: of validate(normalization), numbers that are not finite.
std::vector<float> value_table(std::int64_t channels, double scale, double offset, const Normalization& normalization,
                               const char* op);

/// pixels: [..., channels]; values: room for as many numbers.
void look_up(const std::vector<float>& table, std::span<const std::uint8_t> pixels, float* values);

}  // namespace gibbs::data
