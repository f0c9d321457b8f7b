// Binary cross entropy: of a target p, the probability of yes, and a prediction q, element by element
//
//   -p ln q - (1 - p) ln(1 - q),   q = sigmoid(z) for a logit z.
//
// It is the cross entropy of two classes: that of the logits [0, z]. The form on logits works in log space and is exact
// for logits of any size.
#pragma once

#include "gibbs/losses/binary.h"

namespace gibbs::losses {

/// -(w p ln sigmoid(z) + (1 - p) ln sigmoid(-z)), w the positive weight; per row the mean over its elements, then
/// reduced over rows; in nats or bits.   dz = (1 - p) sigmoid(z) - w p sigmoid(-z), which is sigmoid(z) - p for w = 1.
/// target p in [0, 1], logits z: equal shapes [N, ...] (nothing broadcasts) and dtypes; the result is a scalar, or [N]
/// with Reduction::none. A logit of -inf is a probability of 0, one of inf a probability of 1: they cost nothing where
/// p agrees, and +inf elsewhere.
/// Errors: see prepare_binary.
Variable binary_cross_entropy_with_logits(const Variable& target, const Variable& logits,
                                          const BinaryOptions& options = {});

/// -(w p ln q + (1 - p) ln(1 - q)) with 0 ln 0 = 0.   dq = -w p / q + (1 - p) / (1 - q).
/// probabilities q: in [0, 1].
Variable binary_cross_entropy_with_probabilities(const Variable& target, const Variable& probabilities,
                                                 const BinaryOptions& options = {});

}  // namespace gibbs::losses
