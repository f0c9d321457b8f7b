// Mean squared error: for predictions that are numbers, not distributions.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/reduction.h"

namespace gibbs::losses {

struct MeanSquaredErrorOptions {
  Reduction reduction = Reduction::mean;
};

/// Per row (entry of the leading axis) the mean of (prediction - target)^2 over all its elements; then reduced over
/// rows, so that the default is the mean over all elements.   d prediction = 2 (prediction - target) / count.
/// target, prediction: equal shapes [N, ...] (nothing broadcasts: [N] against [N, 1] is an error) and dtypes.
Variable mean_squared_error(const Variable& target, const Variable& prediction,
                            const MeanSquaredErrorOptions& options = {});

}  // namespace gibbs::losses
