#include "gibbs/data/transforms.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "gibbs/data/detail/border.h"
#include "gibbs/data/detail/spare_picture.h"

namespace gibbs::data {
namespace {

/// Uniform in 0 .. count - 1.
std::int64_t draw_below(const RandomKey& key, std::uint64_t index, std::int64_t count) {
  return static_cast<std::int64_t>(random_uniform(key, index) * static_cast<double>(count));
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

/// One row from another, moved by dx pixels: the middle is a copy, and the border fills the rest.
void shift_row(const std::uint8_t* from, std::int64_t dx, Border border, const Picture& picture, std::uint8_t* to) {
  const std::int64_t channels = picture.channels, width = picture.width;
  const std::int64_t first = std::clamp<std::int64_t>(dx, 0, width),
                     last = std::clamp<std::int64_t>(width + dx, 0, width);
  std::copy(from + (first - dx) * channels, from + (last - dx) * channels, to + first * channels);
  for (const auto& [begin, end] : {std::pair(std::int64_t{0}, first), std::pair(last, width)}) {
    for (std::int64_t x = begin; x < end; ++x) {
      border == Border::zero ? std::fill_n(to + x * channels, channels, std::uint8_t{0})
                             : std::copy_n(from + reflected(x - dx, width) * channels, channels, to + x * channels);
    }
  }
}

/// Moves a picture down by dy and right by dx.
void shift(const Picture& picture, std::int64_t dy, std::int64_t dx, Border border) {
  const std::int64_t row = picture.width * picture.channels;
  const std::uint8_t* before = spare_copy(picture.pixels).data();
  for (std::int64_t y = 0; y < picture.height; ++y) {
    std::uint8_t* to = picture.pixels.data() + y * row;
    const bool outside = y - dy < 0 || y - dy >= picture.height;
    if (outside && border == Border::zero) {
      std::fill_n(to, row, std::uint8_t{0});
    } else {
      shift_row(before + reflected(y - dy, picture.height) * row, dx, border, picture, to);
    }
  }
}

}  // namespace

Transform random_horizontal_flip(double p) {
  check(p >= 0 && p <= 1, "random_horizontal_flip: p must be in [0, 1], it is ", p);
  return {fmt::format("random_horizontal_flip({})", p), [p](const Picture& picture, const RandomKey& key) {
            if (random_uniform(key, 0) < p) {
              flip(picture);
            }
          }};
}

Transform alternating_flip(std::uint64_t seed) {
  const RandomKey hash = RandomKey{.seed = seed}.derive("alternating_flip");
  return {fmt::format("alternating_flip(seed {})", seed), [hash](const Picture& picture, const RandomKey&) {
            const std::uint64_t bits = random_bits(hash, static_cast<std::uint64_t>(picture.number));
            if ((bits + static_cast<std::uint64_t>(picture.epoch)) % 2 == 1) {
              flip(picture);
            }
          }};
}

Transform random_crop(std::int64_t padding, Border border) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  check(padding >= 0, "random_crop: the padding must not be negative, it is ", padding);
  check(padding <= kMost, "random_crop: the padding must be at most ", kMost, ", it is ", padding);
  return {fmt::format("random_crop({}{})", padding, border == Border::reflect ? ", reflect" : ""),
          [=](const Picture& picture, const RandomKey& key) {
            const std::int64_t dy = draw_below(key, 0, 2 * padding + 1) - padding;
            shift(picture, dy, draw_below(key, 1, 2 * padding + 1) - padding, border);
          }};
}

Transform cutout(CutoutOptions options) {
  check(options.size >= 1, "cutout: the size must be at least 1, it is ", options.size);
  std::string text = fmt::format("cutout(size {}, fill [{}])", options.size, fmt::join(options.fill, ", "));
  return {std::move(text), [options = std::move(options)](const Picture& picture, const RandomKey& key) {
            const auto& fill = options.fill;
            const std::int64_t channels = picture.channels;
            check(fill.empty() || std::ssize(fill) == channels, "cutout: fill has ", fill.size(),
                  " numbers and the picture ", channels, " channels; give one for every channel");
            const auto part = [&](std::uint64_t index, std::int64_t length) {  // of rows or columns
              const std::int64_t first = draw_below(key, index, length) - options.size / 2;
              return std::pair(std::max<std::int64_t>(first, 0), std::min(first + options.size, length));
            };
            const auto [top, bottom] = part(0, picture.height);
            const auto [left, right] = part(1, picture.width);
            for (std::int64_t y = top; y < bottom; ++y) {
              for (std::int64_t x = left; x < right; ++x) {
                std::uint8_t* pixel = picture.pixels.data() + (y * picture.width + x) * channels;
                fill.empty() ? std::fill_n(pixel, channels, std::uint8_t{0})
                             : std::copy(fill.begin(), fill.end(), pixel);
              }
            }
          }};
}

}  // namespace gibbs::data
