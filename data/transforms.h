// Random changes of training pictures (augmentation), made by the loader on uint8 pixels before they become float32.
//
// A transform draws from the key it is given, and the loader derives that key from (seed, global sample position): the
// same pictures on resume and on any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "gibbs/tensor/random.h"

namespace gibbs::data {

/// The pixels of one picture, row by row: [height, width, channels].
struct Picture {
  std::span<std::uint8_t> pixels;
  std::int64_t height, width, channels;
};

/// Changes a picture in place. Runs on the loader's thread; what it throws comes out of the loader's next().
using Transform = std::function<void(Picture, const RandomKey&)>;

/// Left becomes right with probability p.
Transform random_horizontal_flip(double p = 0.5);

/// Pads with black on all sides and cuts a piece of the old size out of it: a shift by up to `padding` pixels each way.
Transform random_crop(std::int64_t padding);

}  // namespace gibbs::data
