// Dropout of more than single numbers: what Dropout2d and StochasticDepth share.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs::nn {

/// In training x times a mask of this shape, repeated along x: 0 with probability `rate`, else 1 / (1 - rate). In
/// evaluation x itself. The mask's first axis is that of x; a sample draws the same numbers however batches are cut. To
/// be called in a layer's forward.
Variable drop_together(const Variable& x, double rate, const Shape& mask);

/// Throws unless the rate is in [0, 1).
void check_rate(const char* layer, double rate);

}  // namespace gibbs::nn
