// Ops that rearrange elements. All are linear; each names its adjoint.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/kernels/layout.h"

namespace gibbs {

/// The same elements under another shape (a view).   dx = reshape(dy, shape of x).
Variable reshape(const Variable& x, const Shape& shape);
/// [N, ...] to [N, product of the rest].
Variable flatten(const Variable& x);
/// Entries begin, begin + step, ... before end of one axis.   dx = dy placed in zeros.
Variable slice(const Variable& x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step = 1);
/// Surrounded by `value`: one (before, after) pair per axis.   dx = the inside of dy.
Variable pad(const Variable& x, const kernels::Padding& padding, double value = 0);
/// Joined along an existing axis.   d parts = slices of dy.
Variable concat(const Variables& parts, int axis = 0);
/// Equal shapes joined along a new axis.   d parts = unbind(dy).
Variable stack(const Variables& parts, int axis = 0);
/// The entries of an axis, which disappears, as one node with many outputs.   dx = stack(d parts).
Variables unbind(const Variable& x, int axis = 0);
/// Axis k of the result is axis axes[k] of x; a copy.   dx = dy permuted back.
Variable permute_copy(const Variable& x, const Axes& axes);
/// The last two axes exchanged; a copy.
Variable transpose(const Variable& x);

}  // namespace gibbs
