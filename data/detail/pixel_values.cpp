#include "gibbs/data/detail/pixel_values.h"

#include <cmath>

namespace gibbs::data {
namespace {

constexpr std::int64_t kPixelValues = 256;

/// C = 0: any number of channels, known when it runs.
template <std::int64_t C>
void look_up_rows(const float* table, std::int64_t channels, std::span<const std::uint8_t> pixels, float* values) {
  const std::int64_t step = C > 0 ? C : channels, count = std::ssize(pixels);
  for (std::int64_t i = 0; i < count; i += step) {
    for (std::int64_t c = 0; c < step; ++c) {
      values[i + c] = table[c * kPixelValues + pixels[static_cast<std::size_t>(i + c)]];
    }
  }
}

}  // namespace

std::vector<float> value_table(std::int64_t channels, double scale, double offset, const Normalization& normalization,
                               const char* op) {
  check(std::isfinite(scale) && std::isfinite(offset), op, ": scale and offset must be finite, they are ", scale,
        " and ", offset);
  validate(normalization, channels, op);
  std::vector<float> table(static_cast<std::size_t>(channels * kPixelValues));
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::size_t channel = i / kPixelValues, pixel = i % kPixelValues;
    double value = static_cast<double>(pixel) * scale + offset;
    if (!normalization.empty()) {
      value = (value - normalization.mean[channel]) / normalization.deviation[channel];
    }
    table[i] = static_cast<float>(value);
    check(std::isfinite(table[i]), op, ": pixel ", pixel, " of channel ", channel, " would become ", value,
          ", more than a float32 holds; give a smaller scale or a larger deviation");
  }
  return table;
}

void look_up(const std::vector<float>& table, std::span<const std::uint8_t> pixels, float* values) {
  const std::int64_t channels = std::ssize(table) / kPixelValues;
  channels == 3 ? look_up_rows<3>(table.data(), channels, pixels, values)
                : look_up_rows<0>(table.data(), channels, pixels, values);
}

}  // namespace gibbs::data
