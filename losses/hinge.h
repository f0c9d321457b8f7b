// Hinge losses: for scores of any scale, where being right by a margin of 1 is as good as being right for certain.
// Half of the derivatives are 0 and the loss has kinks; at a kink the derivative is taken to be 0.
#pragma once

#include "gibbs/losses/regression.h"

namespace gibbs::losses {

/// Two classes, labels y in {-1, +1}, score z: per row the mean of max(0, 1 - y z) over its elements, then reduced over
/// rows (Cortes and Vapnik 1995).   dz = -y / count where y z < 1, else 0.
/// target y, prediction z: equal shapes [N, ...] and dtypes. Errors: see check_elementwise; a label other than -1
/// and 1.
Variable hinge(const Variable& target, const Variable& prediction, const ElementwiseOptions& options = {});

/// The same with max(0, 1 - y z)^2, which is smooth where the margin is reached.   dz = -2 y max(0, 1 - y z) / count.
Variable squared_hinge(const Variable& target, const Variable& prediction, const ElementwiseOptions& options = {});

/// K classes: max(0, 1 + max_{k != y} z_k - z_y), the definition of Crammer and Singer (2001): only the best of the
/// wrong classes counts. Keras' CategoricalHinge differs: there the wrong classes' maximum is at least 0.
/// target: class indices, int64 [N]; scores z: [N, K], finite; or [N, T] and [N, T, K] and so on. 0 for K = 1. Throws
/// for an empty batch, shapes that do not fit, and a class outside [0, K).
Variable categorical_hinge(const Tensor& target, const Variable& scores, const ElementwiseOptions& options = {});

/// K classes: sum_{k != y} max(0, 1 + z_k - z_y), the definition of Weston and Watkins (1999): every wrong class within
/// the margin counts. PyTorch's MultiMarginLoss is this / K. Arguments and errors as categorical_hinge.
Variable multi_margin(const Tensor& target, const Variable& scores, const ElementwiseOptions& options = {});

}  // namespace gibbs::losses
