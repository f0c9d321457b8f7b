// Two random variables: joint [..., X, Y], a distribution over pairs (x, y).
//
//   joint entropy        H(X, Y) = -sum p(x, y) ln p(x, y)
//   conditional entropy  H(X | Y) = -sum p(x, y) ln(p(x, y) / p(y)) = H(X, Y) - H(Y)
//   mutual information   I(X; Y) = sum p(x, y) ln(p(x, y) / (p(x) p(y))) = H(X) - H(X | Y) = D(joint || product)
//
// All are at least 0: conditional entropy as a sum of terms that are, the others clipped there, in value only, where
// the joint sums to 1 to rounding (kSumRounding in at_least_zero.h). Gradients follow from the convention that p ln p
// has derivative 0 at p = 0: every equation above holds for gradients, too, also where pairs or whole marginals are 0.
// Marginals are never multiplied: their product could underflow.
#pragma once

#include "gibbs/losses/measures/distribution.h"

namespace gibbs::losses {

/// I(X; Y), at least 0, and 0 only for independent variables: [..., X, Y] to [...], in nats or bits.
Variable mutual_information(const Variable& joint, const MeasureOptions& options = {});

/// H(X | Y), the uncertainty of x that is left when y is known; exactly 0 when y determines x. The other way round:
/// conditional_entropy(transpose(joint)).
Variable conditional_entropy(const Variable& joint, const MeasureOptions& options = {});

/// H(X, Y).
Variable joint_entropy(const Variable& joint, const MeasureOptions& options = {});

/// p(x) = sum_y p(x, y): [..., X, Y] to [..., X]; and p(y), [..., Y].
Variable marginal_x(const Variable& joint);
Variable marginal_y(const Variable& joint);

/// p(x) p(y): [..., X] and [..., Y] to [..., X, Y].
Variable independent_joint(const Variable& p_x, const Variable& p_y);

/// p(x) p(y | x): [..., X] and [..., X, Y] to [..., X, Y].
Variable joint_of(const Variable& p_x, const Variable& p_y_given_x);

}  // namespace gibbs::losses
