// Cross entropy H(p, q) = -sum_k p_k ln q_k of a target p and a prediction q, per row, then reduced over rows.
//
// The form on logits works in log space and is exact for logits of any size. Its training gradient is written by hand,
// softmax(z) - p, in a kernel of its own (tensor/kernels/rows/cross_entropy.cpp).
//
// That kl_divergence.h has the same gradient is a theorem, to be checked with numbers. So the two share no line of what
// each makes of a row: the terms of the loss, and the gradient. They do share what comes before: the softmax of a row
// and the logarithm of its sum (simd/softmax_groups.h), how targets are read (rows/coefficient_rows.h), and the frame
// that computes the gradient together with the value (detail/one_pass.h). A mistake there would be in both, which is
// why the laboratory (examples/ce_vs_kl.cpp) compares them with a third path that has none of it.
#pragma once

#include "gibbs/losses/target.h"

namespace gibbs::losses {

/// -sum_k w_k p_k ln softmax(z)_k, in nats or bits.   dz = (softmax(z) sum_k w_k p_k - w p) / divisor.
/// target: int64 [N] or float [N, K]; logits z: [N, K]; the result is a scalar, or [N] with Reduction::none. Logits may
/// have more leading axes, [N, T, K], and so have target and result then: int64 [N, T] or float [N, T, K], and [N, T].
/// A logit of -inf is a probability of 0: it costs nothing where p = 0 and +inf where p > 0. Errors: see `prepare`.
Variable cross_entropy_with_logits(const Target& target, const Variable& logits,
                                   const CategoricalOptions& options = {});

/// -sum_k w_k p_k ln q_k, with 0 ln 0 = 0.   dq = -w p / q / divisor.
/// probabilities q: [N, K] or [N, ..., K], rows summing to 1; where they do so to rounding (at_least_zero.h), the value
/// is at least 0.
Variable cross_entropy_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options = {});

}  // namespace gibbs::losses
