#include "gibbs/data/transforms.h"

#include <algorithm>
#include <cstring>

namespace gibbs::data {
namespace {

/// Uniform in -reach .. reach.
std::int64_t draw_shift(const RandomKey& key, std::uint64_t index, std::int64_t reach) {
  return static_cast<std::int64_t>(random_uniform(key, index) * static_cast<double>(2 * reach + 1)) - reach;
}

void flip(const Picture& picture) {
  for (std::int64_t y = 0; y < picture.height; ++y) {
    std::uint8_t* row = picture.pixels.data() + y * picture.width * picture.channels;
    for (std::int64_t left = 0, right = picture.width - 1; left < right; ++left, --right) {
      std::swap_ranges(row + left * picture.channels, row + (left + 1) * picture.channels,
                       row + right * picture.channels);
    }
  }
}

/// Moves a line of `count` bytes by `shift` (positive: towards its end) and fills what comes in with zeros.
void shift_bytes(std::uint8_t* line, std::int64_t count, std::int64_t shift) {
  const std::int64_t gap = std::min(std::abs(shift), count);
  if (shift >= 0) {
    std::memmove(line + gap, line, static_cast<std::size_t>(count - gap));
    std::memset(line, 0, static_cast<std::size_t>(gap));
  } else {
    std::memmove(line, line + gap, static_cast<std::size_t>(count - gap));
    std::memset(line + count - gap, 0, static_cast<std::size_t>(gap));
  }
}

}  // namespace

Transform random_horizontal_flip(double p) {
  check(p >= 0 && p <= 1, "random_horizontal_flip: p must be in [0, 1], it is ", p);
  return [p](const Picture& picture, const RandomKey& key) {
    if (random_uniform(key, 0) < p) {
      flip(picture);
    }
  };
}

Transform random_crop(std::int64_t padding) {
  check(padding >= 0, "random_crop: the padding must not be negative, it is ", padding);
  return [padding](const Picture& picture, const RandomKey& key) {
    const std::int64_t row = picture.width * picture.channels;
    // Rows are neighbours in memory, so moving the whole picture by dy rows is moving one long line.
    shift_bytes(picture.pixels.data(), picture.height * row, draw_shift(key, 0, padding) * row);
    const std::int64_t dx = draw_shift(key, 1, padding);
    for (std::int64_t y = 0; y < picture.height; ++y) {
      shift_bytes(picture.pixels.data() + y * row, row, dx * picture.channels);
    }
  };
}

}  // namespace gibbs::data
