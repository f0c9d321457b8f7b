// Focal loss (Lin et al. 2017): cross entropy in which well-classified examples count less. A class that happens with
// probability p and was given probability q has the term
//
//   -p (1 - q)^gamma ln q
//
// gamma = 0 is cross entropy, exactly. Targets that are not certain (soft, or smoothed) give the expected loss: both
// terms of a binary target, or all terms of a categorical one, each with its own (1 - q)^gamma.
//
// On logits everything is computed from the log odds of a class against the rest, m = ln q - ln(1 - q). Then
// q = sigmoid(m) and 1 - q = sigmoid(-m), and neither is lost in the rounding of the other.
#pragma once

#include <optional>

#include "gibbs/losses/binary.h"
#include "gibbs/losses/target.h"

namespace gibbs::losses {

struct BinaryFocalOptions {
  /// At least 0. Lin et al. use 2.
  double gamma = 2;
  /// In [0, 1]: yes counts alpha times, no 1 - alpha times (Lin et al. use .25 with gamma = 2). Without it both count
  /// once. As the positive weight, it is part of the loss: `mean` does not divide by it.
  std::optional<double> alpha = {};
};

/// alpha p (1 - q)^gamma (-ln q) + (1 - alpha) (1 - p) q^gamma (-ln(1 - q)), q = sigmoid(z): per row the mean over its
/// elements, then reduced over rows. Shapes, options and errors as in binary_cross_entropy_with_logits.
Variable binary_focal_loss_with_logits(const Variable& target, const Variable& logits,
                                       const BinaryFocalOptions& focal = {}, const BinaryOptions& options = {});

/// The same with probabilities q in [0, 1]. Derivatives at a q of exactly 0 or 1 are finite or infinite, never NaN; for
/// fractional gamma they are taken to be 0 where the factor is 0, which for the first derivative is its limit.
Variable binary_focal_loss_with_probabilities(const Variable& target, const Variable& probabilities,
                                              const BinaryFocalOptions& focal = {}, const BinaryOptions& options = {});

struct CategoricalFocalOptions {
  /// At least 0.
  double gamma = 2;
  /// [K], or one number [], at least 0: the term of class k counts alpha_k times. Part of the loss: `mean` does not
  /// divide by it, as it does by the class weights.
  Tensor alpha = {};
};

/// sum_k alpha_k p_k (1 - q_k)^gamma (-ln q_k), q = softmax(z), the form of Keras' CategoricalFocalCrossentropy.
/// target, logits and options as in cross_entropy_with_logits.
Variable categorical_focal_loss_with_logits(const Target& target, const Variable& logits,
                                            const CategoricalFocalOptions& focal = {},
                                            const CategoricalOptions& options = {});

/// The same with probabilities q [N, K]; derivatives as in binary_focal_loss_with_probabilities.
Variable categorical_focal_loss_with_probabilities(const Target& target, const Variable& probabilities,
                                                   const CategoricalFocalOptions& focal = {},
                                                   const CategoricalOptions& options = {});

/// rest^gamma for rest = 1 - q, element by element: how much of a term counts. A fractional power has infinite
/// derivatives at rest = 0, and is the constant 0 there. gamma is finite and at least 0.
Variable focal_factor(const Variable& rest, double gamma);

}  // namespace gibbs::losses
