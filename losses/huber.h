// Huber's loss (Huber 1964): the squared error near the target, the absolute error far from it, joined smoothly.
#pragma once

#include "gibbs/losses/elementwise.h"

namespace gibbs::losses {

struct HuberOptions {
  /// Where the parabola becomes a line, above 0.
  double delta = 1;
  Reduction reduction = Reduction::mean;
};

/// With d = prediction - target, per row the mean over its elements of
///   d^2 / 2                      where |d| <= delta,
///   delta (|d| - delta / 2)      elsewhere,
/// then reduced over rows.   d prediction = d limited to [-delta, delta], over the count.
/// This is Huber's own scale, that of Keras' Huber and PyTorch's HuberLoss; PyTorch's SmoothL1Loss is this / delta.
/// target, prediction: equal shapes [N, ...] and dtypes. Errors: see check_elementwise; a delta that is not above 0.
Variable huber(const Variable& target, const Variable& prediction, const HuberOptions& options = {});

}  // namespace gibbs::losses
