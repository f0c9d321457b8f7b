// Reductions over any axes. Sums are accurate: a fixed partition, pairwise inside and across pieces, so float32 sums of
// 10^7 elements agree with float64 to 1e-6 and the bits do not depend on the number of threads. No partial sum
// overflows: a sum, mean or variance is infinite where it is too large itself.
//
// An empty `axes` means all axes; negative axes count from the end; with keepdim reduced axes stay with size 1. Integer
// sums and products are int64. An empty range sums to 0, multiplies to 1; max, min, mean of nothing is an error.
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// (x - mean over the axes) / divisor, in x's shape: right to the last place, however large the mean. Its own adjoint.
Tensor center(const Tensor& x, const Axes& axes = {}, double divisor = 1);
/// sum center(x)^2 / (count - correction), in float64. Squares neither overflow nor lose digits where the result can be
/// represented.
Tensor var(const Tensor& x, const Axes& axes = {}, bool keepdim = false, int correction = 0);
/// Largest (smallest) element; NaN anywhere gives NaN.
Tensor max(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor min(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Its partial products are float64 and must be in its range.
Tensor prod(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// ln sum e^x, shifted by the maximum: off by an ulp of the maximum, and not at all where that is 0. -inf where all are
/// -inf, inf beside inf.
Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Sums away the axes along which `shape` was broadcast to x.shape(): the adjoint (transposed map) of broadcast_to.
/// With nothing to sum it is a view of x.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace gibbs::kernels
