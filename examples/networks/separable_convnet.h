// A network of depthwise-separable convolutions: a 3x3 convolution of every channel by itself, then a 1x1 convolution
// that mixes them, for an eighth of the arithmetic of a whole 3x3 convolution. After MobileNet (Howard et al. 2017),
// for small pictures.
#pragma once

#include <cstdint>

#include "gibbs/nn/sequential.h"

namespace gibbs::examples {

/// Images [N, 32, 32, 3] to logits [N, classes]. Convolutions begin with He's weights, drawn from `seed`.
nn::Sequential separable_convnet(std::uint64_t seed, std::int64_t classes = 10);

}  // namespace gibbs::examples
