// Cross entropy of rows of logits with its gradient, in one pass over them.
#pragma once

#include "gibbs/tensor/kernels/rows/coefficients.h"

namespace gibbs::kernels::rows {

/// For each row n of the logits z [M, K], with q = softmax(z_n) and the coefficients c [M, K] of its classes:
///     losses_n = -sum_k c_nk ln q_k,   in nats; 0 ln 0 = 0
///     dz_nk = dy_n (q_k sum_j c_nj - c_nk)
/// dy: [M], [1] for all rows, or undefined for no gradient. Sums are in double. The caller has checked all shapes.
LossesAndGradient cross_entropy(const Coefficients& c, const Tensor& z, const Tensor& dy, Output output);

}  // namespace gibbs::kernels::rows
