// Mean squared error: for predictions that are numbers, not distributions.
#pragma once

#include "gibbs/losses/elementwise.h"

namespace gibbs::losses {

/// Per row (entry of the leading axis) the mean of (prediction - target)^2 over all its elements; then reduced over
/// rows, so that the default is the mean over all elements.   d prediction = 2 (prediction - target) / count.
/// target, prediction: equal shapes [N, ...] and dtypes. Errors: see check_elementwise.
Variable mean_squared_error(const Variable& target, const Variable& prediction, const ElementwiseOptions& options = {});

}  // namespace gibbs::losses
