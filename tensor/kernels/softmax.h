// Softmax and its logarithm along one axis, shifted by the maximum: no overflow for logits of 1e8, exact zeros for
// -inf. A row that holds nothing but -inf, or that holds inf or NaN, has no softmax: it is NaN, as in PyTorch. An axis
// without elements gives a tensor without elements.
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// y_i = e^{x_i} / sum_j e^{x_j} along `axis`.
Tensor softmax(const Tensor& x, int axis = -1);
/// y_i = x_i - ln sum_j e^{x_j} along `axis`; near 0, too, all digits: -e^-50 for (50, 0).
Tensor log_softmax(const Tensor& x, int axis = -1);
/// dx = y (dy - sum_j dy_j y_j): the gradient of softmax from its output y.
Tensor softmax_dx(const Tensor& y, const Tensor& dy, int axis = -1);
/// dx = dy - e^y sum_j dy_j: the gradient of log_softmax from its output y.
Tensor log_softmax_dx(const Tensor& y, const Tensor& dy, int axis = -1);

}  // namespace gibbs::kernels
