// The built-in set: ten classes of 32x32 RGB pictures drawn in code, for trying things out without any download.
//
// Every picture is a pure function of (seed, index): the class of number i is i mod 10; place, size, turn, colours,
// shading, a stray blot and the noise are drawn at random. Colours carry no information about the class.
#pragma once

#include "gibbs/data/dataset.h"

namespace gibbs::data {

inline constexpr std::int64_t kDrawnSide = 32;

/// Pictures first .. first + count - 1 of a seed.
ImageDataset drawn_images(std::int64_t count, std::uint64_t seed, std::int64_t first = 0);

}  // namespace gibbs::data
