// Kullback-Leibler divergence D(p || q) = sum_k p_k (ln p_k - ln q_k) of a target p from a prediction q, per row, then
// reduced over rows. It is at least 0 (Gibbs' inequality), and exactly 0 for identical arrays.
//
// For rows whose target (and, where it is given, prediction) sums to 1 to rounding (kSumRounding, at_least_zero.h) the
// value is max(0, the row's sum): not a rounding error below 0. The gradient is that of the sum. Rows that sum to
// something else, within the 1e-4 that `prepare` allows, keep the plain sum, and so do classes of different weights:
// those may be below 0.
//
// The gradient on logits goes back through the logarithm of softmax: op by op, or in a kernel of its own
// (tensor/kernels/rows/kl_divergence.cpp), which calls nothing of cross entropy's. What the two kernels share, the
// softmax of a row above all, and how it is checked, is said in cross_entropy.h.
#pragma once

#include "gibbs/losses/target.h"

namespace gibbs::losses {

/// sum_k w_k p_k (ln p_k - ln softmax(z)_k), in nats or bits.
/// target: int64 [N] or float [N, K]; logits z: [N, K]; the result is a scalar, or [N] with Reduction::none. More
/// leading axes, [N, T, K], are as in cross_entropy_with_logits.
/// 0 ln 0 = 0; p > 0 where softmax(z) = 0 gives +inf. The gradient in p of p ln p is taken to be 0 at p = 0.
/// Errors: see `prepare`.
Variable kl_divergence_with_logits(const Target& target, const Variable& logits,
                                   const CategoricalOptions& options = {});

/// sum_k w_k p_k (ln p_k - ln q_k); probabilities q: [N, K] or [N, ..., K], rows summing to 1.
Variable kl_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options = {});

}  // namespace gibbs::losses
