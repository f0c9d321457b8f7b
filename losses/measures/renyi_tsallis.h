// Two families of order alpha in [0, inf] around Shannon's measures, which they are at alpha = 1.
//
//   Renyi    H_a(p) = ln(sum p^a) / (1 - a)          D_a(p || q) = ln(sum p^a q^(1-a)) / (a - 1)        (Renyi 1961)
//   Tsallis  S_a(p) = (1 - sum p^a) / (a - 1)        T_a(p || q) = (sum p^a q^(1-a) - 1) / (a - 1)      (Tsallis 1988)
//
//   limits       alpha = 0                  alpha = 1      alpha = inf
//   H_a          ln #{p > 0}                entropy        -ln max p
//   D_a          -ln sum q where p > 0      divergence     ln max p / q
//   S_a          #{p > 0} - 1               entropy        0
//   T_a          1 - sum q where p > 0      divergence     0 for p = q, else +inf
//
// Near alpha = 1 the quotients are computed through expm1 and log1p, so that values and gradients approach Shannon's
// instead of 0/0. For that, 1 stands for sum p and Renyi's sums are divided by sum p, which is Renyi's own definition
// for distributions that do not sum to 1: it moves a gradient by one number per row, which no change that keeps the row
// a distribution can see.
//
// All are at least 0: clipped there, in value only, where p and q sum to 1 to rounding (kSumRounding in
// at_least_zero.h).
//
// A divergence is exactly 0 for identical arrays, and +inf where p > 0 = q for alpha >= 1; D_a also where p and q have
// no class in common. Unlike kl_divergence, a row that is +inf has gradient 0. Entries that are 0 have the gradients of
// the terms that are left.
#pragma once

#include "gibbs/losses/measures/distribution.h"

namespace gibbs::losses {

/// H_alpha(p): [..., K] to [...], in nats or bits; falls with alpha. Throws unless alpha is in [0, inf];
/// above 1e30 it is taken for infinite.
Variable renyi_entropy(const Variable& p, double alpha, const MeasureOptions& options = {});

/// D_alpha(p || q): [..., K] and [..., K] to [...], in nats or bits; grows with alpha.
Variable renyi_divergence(const Variable& p, const Variable& q, double alpha, const MeasureOptions& options = {});

/// S_alpha(p). It is no logarithm: Base::bits divides it by ln 2, so that it is Shannon's entropy in bits at alpha = 1.
Variable tsallis_entropy(const Variable& p, double alpha, const MeasureOptions& options = {});

/// T_alpha(p || q); Base::bits as in tsallis_entropy.
Variable tsallis_divergence(const Variable& p, const Variable& q, double alpha, const MeasureOptions& options = {});

}  // namespace gibbs::losses
