// The Jensen-Shannon divergence and its square root, a distance.
//
//   JS(p, q) = 1/2 D(p || m) + 1/2 D(q || m),  m = (p + q) / 2      (Lin 1991)
//            = H(m) - (H(p) + H(q)) / 2
//
// It is symmetric, finite for every pair of distributions, 0 only for p = q and at most ln 2 (1 bit). It breaks the
// triangle inequality; its square root obeys it (Endres and Schindelin 2003), and is what SciPy calls jensenshannon.
//
// Each class is computed in a form in which nothing cancels (terms.h): inputs that differ in their last bit have a
// small positive divergence and never a NaN, identical arrays exactly 0.
#pragma once

#include "gibbs/losses/measures/distribution.h"

namespace gibbs::losses {

/// JS(p, q): [..., K] and [..., K] to [...], in nats or bits.   dp = dy ln(p / m) / 2, and 0 at p = 0; dq alike.
Variable js_divergence(const Variable& p, const Variable& q, const MeasureOptions& options = {});

/// sqrt(JS(p, q)), JS in nats or bits. At p = q it has a kink like that of a norm at 0: the gradient is taken to be 0,
/// its smallest subgradient, and so are gradients of the gradient.
Variable js_distance(const Variable& p, const Variable& q, const MeasureOptions& options = {});

}  // namespace gibbs::losses
