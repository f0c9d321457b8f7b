#include "gibbs/data/detail/resample.h"

#include <algorithm>
#include <cmath>

namespace gibbs::data {
namespace {

/// The triangle filter: its half width is one source pixel, or one output pixel where that is wider.
void set_triangle_taps(std::int64_t in, std::int64_t out, Taps& taps, std::vector<double>& triangle) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double reach = std::max(1.0, scale);
  taps.taps = std::min(in, static_cast<std::int64_t>(2 * reach) + 2);
  taps.first.clear();
  taps.weights.clear();
  for (std::int64_t o = 0; o < out; ++o) {
    const double centre = (static_cast<double>(o) + 0.5) * scale - 0.5;
    const auto leftmost = static_cast<std::int64_t>(std::floor(centre - reach)) + 1;
    const std::int64_t first = std::clamp<std::int64_t>(leftmost, 0, in - taps.taps);
    triangle.clear();
    double sum = 0;
    for (std::int64_t i = first; i < first + taps.taps; ++i) {
      triangle.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(i) - centre) / reach));
      sum += triangle.back();
    }
    taps.first.push_back(first);
    for (const double weight : triangle) {
      taps.weights.push_back(static_cast<float>(weight / sum));
    }
  }
}

/// row: [in, channels] -> to: [out, channels].
void resample_row(const std::uint8_t* row, const Taps& taps, std::int64_t channels, std::vector<float>& to) {
  std::fill(to.begin(), to.end(), 0.0F);
  for (std::size_t o = 0; o < taps.first.size(); ++o) {
    float* sum = to.data() + static_cast<std::int64_t>(o) * channels;
    const float* weights = taps.weights.data() + static_cast<std::int64_t>(o) * taps.taps;
    const std::uint8_t* from = row + taps.first[o] * channels;
    for (std::int64_t t = 0; t < taps.taps; ++t) {
      for (std::int64_t c = 0; c < channels; ++c) {
        sum[c] += weights[t] * static_cast<float>(from[t * channels + c]);
      }
    }
  }
}

}  // namespace

/// Rows are made narrow one at a time and added to the output rows that they are part of.
void resample(const PictureView& from, const ImageSize& size, std::uint8_t* to, ResampleMemory& memory) {
  set_triangle_taps(from.size.width, size.width, memory.across, memory.triangle);
  set_triangle_taps(from.size.height, size.height, memory.down, memory.triangle);
  const Taps& down = memory.down;
  const std::int64_t elements = size.width * from.channels;
  memory.narrow.resize(static_cast<std::size_t>(elements));
  memory.sums.assign(static_cast<std::size_t>(size.height * elements), 0.0F);
  std::int64_t begin = 0;  // the first output row that is not complete
  for (std::int64_t i = 0; i < from.size.height; ++i) {
    resample_row(from.pixels + i * from.row_bytes, memory.across, from.channels, memory.narrow);
    while (begin < size.height && down.first[static_cast<std::size_t>(begin)] + down.taps <= i) {
      ++begin;
    }
    for (std::int64_t o = begin; o < size.height && down.first[static_cast<std::size_t>(o)] <= i; ++o) {
      const std::int64_t t = i - down.first[static_cast<std::size_t>(o)];
      const float weight = down.weights[static_cast<std::size_t>(o * down.taps + t)];
      float* sum = memory.sums.data() + o * elements;
      for (std::int64_t k = 0; k < elements; ++k) {
        sum[k] += weight * memory.narrow[static_cast<std::size_t>(k)];
      }
    }
  }
  std::transform(memory.sums.begin(), memory.sums.end(), to,
                 [](float v) { return static_cast<std::uint8_t>(std::clamp(v + 0.5F, 0.0F, 255.0F)); });
}

}  // namespace gibbs::data
