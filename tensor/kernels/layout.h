// Rearranging elements. Every function here copies (views are members of Tensor). They come in adjoint pairs: slice and
// unslice, pad and slice, broadcast_to and sum_to, permute_copy and its inverse, concat and slice.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// Entries begin, begin + step, ... before end of one axis. Negative begin and end count from the end; a range
/// outside the axis is an error (it is not clipped). step is positive.
Tensor slice(const Tensor& x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step = 1);
/// Zeros of `shape` with x placed where slice(..., axis, begin, end, step) took it from: the adjoint of slice.
Tensor unslice(const Tensor& x, const Shape& shape, int axis, std::int64_t begin, std::int64_t end,
               std::int64_t step = 1);

/// Elements added before and after each axis.
using Padding = std::vector<std::pair<std::int64_t, std::int64_t>>;
/// x surrounded by `value`: one (before, after) pair per axis.
Tensor pad(const Tensor& x, const Padding& padding, double value = 0);
/// The inside of a padded tensor: the adjoint of pad.
Tensor unpad(const Tensor& x, const Padding& padding);

/// Joins along an existing axis; all other sizes equal.
Tensor concat(std::span<const Tensor> parts, int axis = 0);
/// Joins equal shapes along a new axis.
Tensor stack(std::span<const Tensor> parts, int axis = 0);

/// y[i_axes[0], i_axes[1], ...] layout: axis k of the result is axis axes[k] of x. A copy, as the name says.
Tensor permute_copy(const Tensor& x, const Axes& axes);
/// x repeated along axes of size 1 (and new leading axes) to fill `shape`.
Tensor broadcast_to(const Tensor& x, const Shape& shape);

}  // namespace gibbs::kernels
