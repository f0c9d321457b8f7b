// Pictures and parts of them in another size, by one separable filter: the triangle. It is bilinear when a picture
// grows; when it shrinks, the triangle widens to cover all source pixels, so that nothing aliases.
#pragma once

#include <cstdint>
#include <vector>

#include "gibbs/data/image.h"

namespace gibbs::data {

/// A picture, or a part of one, somewhere in memory: rows of size.width pixels, `row_bytes` apart.
struct PictureView {
  const std::uint8_t* pixels;
  ImageSize size;
  std::int64_t channels, row_bytes;

  /// The part of `size` whose first pixel is (top, left).
  PictureView part(std::int64_t top, std::int64_t left, const ImageSize& part_size) const {
    return {pixels + top * row_bytes + left * channels, part_size, channels, row_bytes};
  }
};

/// Output pixel o of one axis is the mean of input pixels first[o] .. with weights[o * taps ..], which sum to 1.
struct Taps {
  std::vector<std::int64_t> first = {};
  std::vector<float> weights = {};
  std::int64_t taps = 0;
};

/// Memory that resample() works in. Used again, it grows to what the largest picture takes and stays.
struct ResampleMemory {
  Taps across = {}, down = {};
  std::vector<double> triangle = {};
  std::vector<float> narrow = {}, sums = {};
};

/// to: room for [size.height, size.width, channels]. Memory grows with the output and the filter, however large the
/// picture is.
void resample(const PictureView& from, const ImageSize& size, std::uint8_t* to, ResampleMemory& memory);

}  // namespace gibbs::data
