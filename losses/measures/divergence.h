// Measures that compare a distribution q with a distribution p, the target, which comes first.
//
//   cross entropy   H(p, q) = -sum_k p_k ln q_k = H(p) + D(p || q)
//   divergence      D(p || q) = sum_k p_k ln(p_k / q_k) >= 0, = 0 only for p = q     (Kullback and Leibler 1951)
//   reverse         D(q || p)
//   Jeffreys        D(p || q) + D(q || p)                                            (Jeffreys 1946)
//   generalised     sum_k p_k ln(p_k / q_k) - p_k + q_k, for arrays that need not sum to 1
//
// All: [..., K] and [..., K] to [...]. 0 ln 0 = 0 ln(0/0) = 0; p > 0 with q = 0 gives +inf. Where the value is
// infinite, gradients are infinite or finite, never NaN. At p = 0 the gradient of p ln p is taken to be 0. Divergences
// of identical arrays are exactly 0. The training losses are in cross_entropy.h and kl_divergence.h.
//
// All are at least 0. Jeffreys' and the generalised divergence are sums of terms that are; the others are clipped
// there, in value only, where p and q sum to 1 to rounding (kSumRounding in at_least_zero.h). Rows that sum to
// something else, within the 1e-4 that is allowed, keep the plain sum, which may be below 0.
#pragma once

#include "gibbs/losses/measures/distribution.h"

namespace gibbs::losses {

/// -sum_k p_k ln q_k.   dp = -dy ln q (0 where p = q = 0), dq = -dy p / q.
Variable cross_entropy(const Variable& p, const Variable& q, const MeasureOptions& options = {});

/// D(p || q) = sum_k p_k ln(p_k / q_k).   dp = dy (ln(p / q) + 1), -dy ln q at p = 0; dq = -dy p / q.
Variable kl_divergence(const Variable& p, const Variable& q, const MeasureOptions& options = {});

/// D(q || p) = sum_k q_k ln(q_k / p_k): large where q goes and p does not.
Variable reverse_kl_divergence(const Variable& p, const Variable& q, const MeasureOptions& options = {});

/// D(p || q) + D(q || p) = sum_k (p_k - q_k) ln(p_k / q_k). +inf where exactly one of the two is 0.
Variable jeffreys_divergence(const Variable& p, const Variable& q, const MeasureOptions& options = {});

/// sum_k p_k ln(p_k / q_k) - p_k + q_k for p, q >= 0 of any sums. On distributions it is D(p || q).
///   dp = dy ln(p / q), dq = dy (1 - p / q). Throws for negative or infinite entries.
Variable generalized_kl_divergence(const Variable& p, const Variable& q, Base base = Base::nats);

}  // namespace gibbs::losses
