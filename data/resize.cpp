#include "gibbs/data/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

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

/// x: [outer, in, inner] -> [outer, out, inner] along the middle axis.
std::vector<float> resample(const std::vector<float>& x, std::int64_t outer, std::int64_t in, std::int64_t out,
                            std::int64_t inner) {
  const Taps taps = triangle_taps(in, out);
  std::vector<float> y(static_cast<std::size_t>(outer * out * inner), 0.0F);
  for (std::int64_t n = 0; n < outer; ++n) {
    for (std::int64_t o = 0; o < out; ++o) {
      float* to = y.data() + (n * out + o) * inner;
      for (std::int64_t t = 0; t < taps.taps; ++t) {
        const float weight = taps.weights[static_cast<std::size_t>(o * taps.taps + t)];
        const float* from = x.data() + (n * in + taps.first[static_cast<std::size_t>(o)] + t) * inner;
        for (std::int64_t k = 0; k < inner; ++k) {
          to[k] += weight * from[k];
        }
      }
    }
  }
  return y;
}

}  // namespace

Tensor resize(const Tensor& image, const ImageSize& size) {
  check(image.defined() && image.rank() == 3 && image.dtype() == DType::uint8 && image.numel() > 0,
        "resize: needs a uint8 picture [H, W, C], not ", image.dtype(), " ", image.shape());
  check(size.height >= 1 && size.width >= 1, "resize: the size must be at least 1x1, not ", to_string(size));
  const std::int64_t height = image.size(0), width = image.size(1), channels = image.size(2);
  if (size == ImageSize{height, width}) {
    return image;
  }
  const auto pixels = image.values<std::uint8_t>();
  const std::vector<float> wide =
      resample(std::vector<float>(pixels.begin(), pixels.end()), height, width, size.width, channels);
  const std::vector<float> result = resample(wide, 1, height, size.height, size.width * channels);
  Tensor y = Tensor::uninitialized({size.height, size.width, channels}, DType::uint8);
  std::transform(result.begin(), result.end(), y.mutable_data<std::uint8_t>(),
                 [](float v) { return static_cast<std::uint8_t>(std::clamp(v + 0.5F, 0.0F, 255.0F)); });
  return y;
}

}  // namespace gibbs::data
