// Kullback-Leibler divergence of rows of logits with its gradient, in one pass over them.
#pragma once

#include <limits>

#include "gibbs/tensor/kernels/rows/coefficients.h"

namespace gibbs::kernels::rows {

/// How far from 1 rounding alone leaves the sum of a distribution: 16 epsilons, 2^-19 (1.9e-6) in float32 and 2^-48
/// (3.6e-15) in float64. Softmax, division by the sum, smoothing and typed decimals stay below it.
template <class T>
inline constexpr double kSumRounding = 16 * static_cast<double>(std::numeric_limits<T>::epsilon());

/// For each row n of the logits z [M, K], with q = softmax(z_n), the coefficients c [M, K] >= 0 of its classes and
/// log_p [M, K]:
///     losses_n = sum_k c_nk (log_p_nk - ln q_k),   in nats; a class with c = 0 adds 0
///     dz_nk = -dy_n c_nk + q_k sum_j dy_n c_nj,    what log_softmax sends back of the gradient -dy_n c_n of ln q
/// c = w p for one weight w of all classes sums to `whole` = w; where it does so to rounding (whole * kSumRounding), a
/// loss below 0 is rounding, and is 0. The gradient does not know of it. `whole` may be NaN: then no row is such.
/// dy: [M], [1] for all rows, or undefined for no gradient. Sums are in double. The caller has checked all shapes.
LossesAndGradient kl_divergence(const Coefficients& c, const Coefficients& log_p, double whole, const Tensor& z,
                                const Tensor& dy, Output output);

}  // namespace gibbs::kernels::rows
