// Selecting elements by index tensors (int64), and what order statistics give. Indices carry no gradient.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs {

/// y[..., i, ...] = x[..., index[..., i, ...], ...] along `axis`.   dx = scatter_add(dy).
Variable gather(const Variable& x, int axis, const Tensor& index);
/// Zeros of `shape` with source added at `index` along `axis`.   d source = gather(dy).
Variable scatter_add(const Shape& shape, int axis, const Tensor& index, const Variable& source);
/// Rows of the leading axis, in the order of `index` [n]: y[i] = x[index[i]]. The lookup in a table of embeddings.
///   dx = add_rows(dy).
Variable take_rows(const Variable& x, const Tensor& index);
/// Zeros [rows, ...] with source[i] added at row index[i].   d source = take_rows(dy).
Variable add_rows(std::int64_t rows, const Tensor& index, const Variable& source);

struct SortedVariable {
  Variable values;
  Tensor indices;
};
/// Sorted along `axis`; equal elements keep their order.   dx = dy sent back to where each value came from.
SortedVariable sort(const Variable& x, int axis = -1, bool descending = false);
/// The k largest along `axis`, largest first.
SortedVariable topk(const Variable& x, std::int64_t k, int axis = -1);

}  // namespace gibbs
