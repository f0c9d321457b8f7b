// Mean absolute error (L1): like the squared error for numbers, but an outlier weighs no more than its distance.
#pragma once

#include "gibbs/losses/elementwise.h"

namespace gibbs::losses {

/// Per row the mean of |prediction - target| over all its elements, then reduced over rows.
/// d prediction = sign(prediction - target) / count, 0 where both are equal.
/// target, prediction: equal shapes [N, ...] and dtypes. Errors: see check_elementwise.
Variable mean_absolute_error(const Variable& target, const Variable& prediction,
                             const ElementwiseOptions& options = {});

}  // namespace gibbs::losses
