// ResNet for small pictures: blocks that learn what to add to their input, so that depth does not hurt.
//
// After He et al. 2016, section 4.2: a 3x3 convolution to 16 channels, three stages of (depth - 2) / 6 blocks with 16,
// 32 and 64 channels on 32x32, 16x16 and 8x8 pixels, the mean of every channel, one dense layer. Where a stage begins
// with more channels, a 1x1 convolution of stride 2 takes the shortcut there. 0.27 million parameters at depth 20.
#pragma once

#include <cstdint>

#include "gibbs/nn/sequential.h"

namespace gibbs::examples {

struct ResNetOptions {
  int depth = 20;  // 6 n + 2: 20, 32, 44, 56
  std::int64_t classes = 10;
};

/// Images [N, 32, 32, 3] to logits [N, classes]. Convolutions begin with He's weights, drawn from `seed`.
nn::Sequential resnet(std::uint64_t seed, const ResNetOptions& options = {});

}  // namespace gibbs::examples
