// From one loss per row to the loss of a batch, in one place for every loss. A loss first sums (or averages) within a
// row; only then are rows reduced, so `mean` always means: per row.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs::losses {

enum class Reduction { none, sum, mean };

/// The unit of information: nats (natural logarithm) or bits (logarithm to base 2).
enum class Base { nats, bits };

/// rows: [N, ...], each row's loss with its weight multiplied in. weights: the same shape, or undefined where every
/// weight is 1.
///   none: rows.   sum: sum of rows.   mean: sum of rows / sum of weights, and 0 when the weights sum to 0.
/// The weights are differentiated like everything else: they may depend on a traced target.
Variable reduce(const Variable& rows, const Variable& weights, Reduction reduction);

/// A loss in nats, expressed in `base`: bits = nats / ln 2.
Variable in_base(const Variable& nats, Base base);

}  // namespace gibbs::losses
