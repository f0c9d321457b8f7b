// Information of one event and of one distribution.
//
//   information     h(x) = -ln p(x)
//   entropy         H(p) = -sum_k p_k ln p_k = E h,   0 <= H <= ln K      (Shannon 1948)
//   binary entropy  H_2(p) = -p ln p - (1 - p) ln(1 - p), the entropy of a coin
//   perplexity      e^H(p), the number of equally likely outcomes that are as uncertain
//
// All are at least 0, and perplexity at least 1: what rounding leaves below is clipped where p sums to 1 to rounding
// (kSumRounding in at_least_zero.h), in value only. Sums of .9999 or 1.0001, which are allowed, keep the plain value.
//
// 0 ln 0 = 0, with derivative 0 (the limit is infinite). Nothing is added inside a logarithm.
#pragma once

#include "gibbs/losses/measures/distribution.h"

namespace gibbs::losses {

/// -ln p per element, in nats or bits; +inf at p = 0, where the gradient is -inf.   dp = -dy / p.
/// p: probabilities of events, any shape. Throws unless they are in [0, 1].
Variable information(const Variable& p, Base base = Base::nats);

/// -sum_k p_k ln p_k: [..., K] to [...], in nats or bits.   dp = -dy (ln p + 1), and 0 at p = 0.
Variable entropy(const Variable& p, const MeasureOptions& options = {});

/// -p ln p - (1 - p) ln(1 - p) per element, in nats or bits.   dp = dy ln((1 - p) / p), and 0 at p = 0 and p = 1.
/// p: probabilities of heads, any shape. Throws unless they are in [0, 1].
Variable binary_entropy(const Variable& p, Base base = Base::nats);

/// e^H(p) = 2^(H(p) in bits): [..., K] to [...], between 1 and K. The same number in every base.
Variable perplexity(const Variable& p, const MeasureOptions& options = {});

}  // namespace gibbs::losses
