// Selecting and placing elements by index tensors (int64). An index outside its axis, negative ones
// included, is an error that names it and its place.
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// y[..., i, ...] = x[..., index[..., i, ...], ...] along `axis`; index has x's rank, and x's sizes on the other axes.
Tensor gather(const Tensor& x, int axis, const Tensor& index);
/// Zeros of `shape`, then result[..., index[..., i, ...], ...] += source[..., i, ...]: the adjoint of gather. Repeated
/// indices add up, in row-major order.
Tensor scatter_add(const Shape& shape, int axis, const Tensor& index, const Tensor& source);
/// Rows of the leading axis, in the order of `index` [n]: result [n, x.shape[1:]]. Batches are made with it.
Tensor take_rows(const Tensor& x, const Tensor& index);
/// Zeros [rows, ...], then result[index[i]] += source[i]: the adjoint of take_rows. Repeated indices add up, in order.
Tensor add_rows(std::int64_t rows, const Tensor& index, const Tensor& source);
/// [...] indices to [..., classes] with a 1 at each index.
Tensor one_hot(const Tensor& index, std::int64_t classes, DType dtype = DType::float32);

}  // namespace gibbs::kernels
