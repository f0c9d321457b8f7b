// Cross entropy in the plainest words there are, as a third path beside the two losses of the library.
//
// Cross entropy and the KL divergence have kernels of their own, but both begin with the same softmax of a row: a
// mistake there would be in both, and they would agree. This one is made of exp, sum and log, and has no line of
// theirs.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs::examples {

/// The mean over rows of -sum_k p_k (z_k - ln sum_j e^z_j), in float64 whatever the dtypes. p, z: [N, K]; a scalar.
/// Nothing is shifted, so logits are to stay within kPlainReach.
Variable plain_cross_entropy(const Tensor& p, const Variable& logits);

/// e^z and a sum of thousands of them are finite up to here.
inline constexpr double kPlainReach = 700;

}  // namespace gibbs::examples
