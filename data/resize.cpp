#include "gibbs/data/resize.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

#include "gibbs/data/detail/room.h"

namespace gibbs::data {
namespace {

/// Output pixel o of one axis is the mean of input pixels first[o] .. with weights[o * taps ..], which sum to 1.
struct Taps {
  std::vector<std::int64_t> first;
  std::vector<float> weights;
  std::int64_t taps = 0;
};

/// The triangle filter: its half width is one source pixel, or one output pixel where that is wider.
Taps triangle_taps(std::int64_t in, std::int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double reach = std::max(1.0, scale);
  Taps result;
  result.taps = std::min(in, static_cast<std::int64_t>(2 * reach) + 2);
  for (std::int64_t o = 0; o < out; ++o) {
    const double centre = (static_cast<double>(o) + 0.5) * scale - 0.5;
    const auto leftmost = static_cast<std::int64_t>(std::floor(centre - reach)) + 1;
    const std::int64_t first = std::clamp<std::int64_t>(leftmost, 0, in - result.taps);
    std::vector<double> weights;
    double sum = 0;
    for (std::int64_t i = first; i < first + result.taps; ++i) {
      weights.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(i) - centre) / reach));
      sum += weights.back();
    }
    result.first.push_back(first);
    for (double weight : weights) {
      result.weights.push_back(static_cast<float>(weight / sum));
    }
  }
  return result;
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

/// Rows are made narrow one at a time and added to the output rows that they are part of: memory grows with the output
/// and the filter, however high the picture is.
Tensor resample(const Tensor& image, const ImageSize& size) {
  const std::int64_t height = image.size(0), width = image.size(1), channels = image.size(2);
  Tensor y = room_for({size.height, size.width, channels}, DType::uint8, "resize");
  const Taps across = triangle_taps(width, size.width), down = triangle_taps(height, size.height);
  const std::int64_t elements = size.width * channels;
  std::vector<float> narrow(static_cast<std::size_t>(elements));
  std::vector<float> sums(static_cast<std::size_t>(y.numel()), 0.0F);
  std::int64_t begin = 0;  // the first output row that is not complete
  for (std::int64_t i = 0; i < height; ++i) {
    resample_row(image.data<std::uint8_t>() + i * width * channels, across, channels, narrow);
    while (down.first[static_cast<std::size_t>(begin)] + down.taps <= i) {
      ++begin;
    }
    for (std::int64_t o = begin; o < size.height && down.first[static_cast<std::size_t>(o)] <= i; ++o) {
      const std::int64_t t = i - down.first[static_cast<std::size_t>(o)];
      const float weight = down.weights[static_cast<std::size_t>(o * down.taps + t)];
      float* sum = sums.data() + o * elements;
      for (std::int64_t k = 0; k < elements; ++k) {
        sum[k] += weight * narrow[static_cast<std::size_t>(k)];
      }
    }
  }
  std::transform(sums.begin(), sums.end(), y.mutable_data<std::uint8_t>(),
                 [](float v) { return static_cast<std::uint8_t>(std::clamp(v + 0.5F, 0.0F, 255.0F)); });
  return y;
}

}  // namespace

Tensor resize(const Tensor& image, const ImageSize& size) {
  check(image.defined() && image.rank() == 3 && image.dtype() == DType::uint8 && image.numel() > 0,
        "resize: needs a uint8 picture [H, W, C], not ", image.dtype(), " ", image.shape());
  check(size.height >= 1 && size.width >= 1, "resize: the size must be at least 1x1, not ", to_string(size));
  const ImageSize from{.height = image.size(0), .width = image.size(1)};
  if (size == from) {
    return image;
  }
  try {
    return resample(image, size);
  } catch (const std::bad_alloc&) {
    fail("resize: no memory to make ", to_string(size), " of ", to_string(from), " pixels");
  }
}

}  // namespace gibbs::data
