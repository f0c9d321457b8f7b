// Order along one axis: where the largest is, the k largest, everything sorted. Equal elements keep their order (the
// first index wins); NaN counts as larger than everything, as in NumPy's sort.
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// Index of the largest (smallest) element along `axis`; int64, the axis disappears unless keepdim. Both agree with
/// sort: argmax finds a NaN, argmin passes over it (NumPy's argmin does not).
Tensor argmax(const Tensor& x, int axis = -1, bool keepdim = false);
Tensor argmin(const Tensor& x, int axis = -1, bool keepdim = false);

struct Sorted {
  Tensor values;
  Tensor indices;  // int64: values = gather(x, axis, indices)
};
Sorted sort(const Tensor& x, int axis = -1, bool descending = false);
/// The k largest along `axis`, largest first.
Sorted topk(const Tensor& x, std::int64_t k, int axis = -1);

}  // namespace gibbs::kernels
