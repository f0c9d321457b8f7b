// What oracles are written with: float64 tensors built element by element from a function of the index. Slow, plain,
// and independent of the kernels it judges.
//
//   Tensor c = build({m, n}, [&](const Index& i) { return at(a, i[0]) * at(b, i[1]); });
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gibbs/tensor/random.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::testing {

using Index = std::vector<std::int64_t>;

/// A float64 tensor from nested braces.
inline Tensor f64(const NestedList& list) { return Tensor::of(list, DType::float64); }

/// An int64 tensor: class indices.
inline Tensor indices(const NestedList& list) { return Tensor::of(list, DType::int64); }

/// Uniform float64 numbers in [low, high), the same at every run.
inline Tensor random(const Shape& shape, std::uint64_t seed = 1, double low = 0.5, double high = 1.5) {
  return kernels::uniform({.seed = seed}, shape, low, high, DType::float64);
}

/// Calls body on every index of `shape`, in row-major order.
inline void for_each_index(const Shape& shape, const std::function<void(const Index&)>& body) {
  Index index(static_cast<std::size_t>(shape.rank()), 0);
  for (std::int64_t left = shape.numel(); left > 0; --left) {
    body(index);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (++index[static_cast<std::size_t>(axis)] < shape[axis]) {
        break;
      }
      index[static_cast<std::size_t>(axis)] = 0;
    }
  }
}

/// The tensor whose element at each index is element(index).
inline Tensor build(const Shape& shape, const std::function<double(const Index&)>& element) {
  std::vector<double> values;
  for_each_index(shape, [&](const Index& index) { values.push_back(element(index)); });
  return Tensor::from(values, shape);
}

/// x at `index`, aligned at the right, axes of size 1 repeated: NumPy's broadcasting, spelled out.
inline double at(const Tensor& x, const Index& index) {
  std::int64_t flat = 0;
  const std::size_t skipped = index.size() - static_cast<std::size_t>(x.rank());
  for (int axis = 0; axis < x.rank(); ++axis) {
    const std::int64_t i = index[skipped + static_cast<std::size_t>(axis)];
    flat = flat * x.size(axis) + (x.size(axis) == 1 ? 0 : i);
  }
  return dispatch(x.dtype(), [&](auto zero) { return static_cast<double>(x.data<decltype(zero)>()[flat]); });
}

}  // namespace gibbs::testing
