// The article's network (Keras, CIFAR-10): two convolution blocks with dropout, two dense layers, ten classes.
#pragma once

#include <cstdint>

#include "gibbs/nn/sequential.h"

namespace gibbs::examples {

/// Images [N, 32, 32, 3] in [0, 1] to logits [N, classes]. Softmax is left to the loss, which is exact on logits, and
/// to whoever wants probabilities. Weights are glorot uniform, drawn from `seed`.
nn::Sequential article_convnet(std::uint64_t seed, std::int64_t classes = 10);

}  // namespace gibbs::examples
