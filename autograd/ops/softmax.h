// Softmax and its logarithm along one axis.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs {

/// y_i = e^{x_i} / sum_j e^{x_j}.   dx = y (dy - sum_j dy_j y_j).
Variable softmax(const Variable& x, int axis = -1);
/// y_i = x_i - ln sum_j e^{x_j}.   dx = dy - e^y sum_j dy_j.
Variable log_softmax(const Variable& x, int axis = -1);

}  // namespace gibbs
