// The ConvNet of the CIFAR-10 speed runs: the network that reaches 94 % in the least time (Jordan 2024, "94% on
// CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498).
//
// A 2x2 convolution to 24 channels, three blocks of two 3x3 convolutions with 64, 256 and 256 channels, each halving
// the picture, the largest of the 3x3 pixels that are left, one dense layer. Pooling comes before the norm, and is
// cheaper for it; norms only shift.
#pragma once

#include <cstdint>

#include "gibbs/nn/sequential.h"

namespace gibbs::examples {

/// Images [N, 32, 32, 3] to logits [N, classes]. Convolutions begin with He's weights, drawn from `seed`; the published
/// runs whiten with the first one, and scale the logits by 1/9.
nn::Sequential speed_run_convnet(std::uint64_t seed, std::int64_t classes = 10);

}  // namespace gibbs::examples
