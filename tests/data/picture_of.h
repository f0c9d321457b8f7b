// Pictures of random pixels for tests of transforms, and what a transform makes of one.
#pragma once

#include <vector>

#include "gibbs/data/transforms.h"

namespace gibbs::data {

struct TestPicture {
  std::int64_t height, width, channels;
  std::vector<std::uint8_t> pixels = {};

  int at(std::int64_t y, std::int64_t x, std::int64_t c) const { return pixels[(y * width + x) * channels + c]; }
};

inline TestPicture random_picture(std::int64_t height, std::int64_t width, std::int64_t channels, std::uint64_t seed) {
  TestPicture picture{height, width, channels};
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(height * width * channels); ++i) {
    picture.pixels.push_back(static_cast<std::uint8_t>(random_bits({.seed = seed}, i)));
  }
  return picture;
}

inline TestPicture transformed(const Transform& transform, TestPicture picture, const RandomKey& key) {
  transform({picture.pixels, picture.height, picture.width, picture.channels}, key);
  return picture;
}

}  // namespace gibbs::data
