// Reductions over any axes, and broadcasting, their adjoint. An empty `axes` means all axes.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs {

/// y = sum of x over axes.   dx = dy repeated along them.
Variable sum(const Variable& x, const Axes& axes = {}, bool keepdim = false);
/// y = sum / count, of numbers of any size.   dx = dy / count repeated.
Variable mean(const Variable& x, const Axes& axes = {}, bool keepdim = false);
/// y = sum (x - mean)^2 / (count - correction), of numbers of any size.   dx = 2 dy (x - mean) / (count - correction).
Variable var(const Variable& x, const Axes& axes = {}, bool keepdim = false, int correction = 0);
/// Largest (smallest) element, NaN where there is one.   The gradient is shared equally by all that are as large, or by
/// all NaN: (0, 1, 0) for (1, NaN, 3).
Variable max(const Variable& x, const Axes& axes = {}, bool keepdim = false);
Variable min(const Variable& x, const Axes& axes = {}, bool keepdim = false);
/// Product, as a tree of multiplications in float64, whose range partial products must not leave: exact gradients of
/// every order where elements are 0, too.
Variable prod(const Variable& x, const Axes& axes = {}, bool keepdim = false);
/// y = ln sum e^x.   dx = dy softmax(x); 0 where y is -inf, NaN where x is inf.
Variable logsumexp(const Variable& x, const Axes& axes = {}, bool keepdim = false);

/// x repeated to fill `shape` by NumPy's rule.   dx = sum_to(dy, shape of x).
Variable broadcast_to(const Variable& x, const Shape& shape);
/// x summed along the axes that broadcasting `shape` to x's shape would repeat.   dx = broadcast_to(dy, shape of x).
Variable sum_to(const Variable& x, const Shape& shape);

}  // namespace gibbs
