// Jensen-Shannon divergence of rows of logits with its gradient, in one pass over them.
#pragma once

#include "gibbs/tensor/kernels/rows/coefficients.h"

namespace gibbs::kernels::rows {

/// For each row n of the logits z [M, K], with q = softmax(z_n), the distributions p [M, K], m = (p_n + q) / 2 and the
/// weights w [K] of the classes:
///     losses_n = 1/2 sum_k w_k (p_nk ln(p_nk / m_k) + q_k ln(q_k / m_k)),   in nats; 0 ln 0 = 0
///     dz_nk = dy_n q_k (g_k - sum_j q_j g_j),   g_k = w_k ln(q_k / m_k) / 2
/// dy: [M], [1] for all rows, or undefined for no gradient. Sums are in double. The caller has checked all shapes.
LossesAndGradient js_divergence(const Coefficients& p, const Tensor& w, const Tensor& z, const Tensor& dy,
                                Output output);

}  // namespace gibbs::kernels::rows
