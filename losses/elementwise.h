// What losses on arrays of numbers share: both arguments have the same shape [N, ...], each element has a loss of its
// own, a row (an entry of the leading axis) has the mean of its elements, and rows are reduced as everywhere.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/reduction.h"

namespace gibbs::losses {

/// The options of losses that have nothing else to choose.
struct ElementwiseOptions {
  Reduction reduction = Reduction::mean;
};

/// Throws unless target and prediction have equal shapes [N, ...] (nothing broadcasts: [N] against [N, 1] is an error)
/// and equal floating dtypes, and hold at least one element. `op` begins every error.
void check_elementwise(const char* op, const Variable& target, const Variable& prediction);

/// [N, ...] to [N]: the mean of each row's elements.
Variable row_means(const Variable& elements);

/// row_means, then reduced over rows: the default is the mean over all elements.
Variable reduce_elements(const Variable& elements, Reduction reduction);

}  // namespace gibbs::losses
