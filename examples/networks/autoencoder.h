// Autoencoder for small pictures: three strided convolutions squeeze a picture into 4x4 pixels of 128 channels, three
// transposed ones draw it again. What is squeezed out is what the pictures do not need.
#pragma once

#include <cstdint>

#include "gibbs/nn/sequential.h"

namespace gibbs::examples {

/// Images [N, 32, 32, 3] in [0, 1] to images of the same shape. Weights are He's, drawn from `seed`.
nn::Sequential autoencoder(std::uint64_t seed);

}  // namespace gibbs::examples
