// Naive float64 helpers for the tests of kernels: random tensors, broadcasting by counting indices, threads compared.
#pragma once

#include <gmock/gmock.h>

#include <random>
#include <vector>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/tensor.h"
#include "tests/testing/any_threads.h"
#include "tests/testing/error_of.h"

namespace gibbs::testing {

inline Tensor random_tensor(const Shape& shape, DType dtype = DType::float32, double low = -2, double high = 2,
                            unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  Tensor x = Tensor::uninitialized(shape, dtype);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* values = x.mutable_data<T>();
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      values[i] = static_cast<T>(uniform(random));
    }
  });
  return x;
}

/// The index of each axis of the flat-th element.
inline std::vector<std::int64_t> unflatten(std::int64_t flat, const Shape& shape) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[static_cast<std::size_t>(axis)] = flat % shape[axis];
    flat /= shape[axis];
  }
  return index;
}

/// The values of x repeated to fill `shape`.
inline std::vector<double> repeated(const Tensor& x, const Shape& shape) {
  const std::vector<double> values = x.to_vector();
  std::vector<double> result;
  for (std::int64_t i = 0; i < shape.numel(); ++i) {
    const auto index = unflatten(i, shape);
    std::int64_t flat = 0;
    for (int axis = 0; axis < x.rank(); ++axis) {
      const std::int64_t at = index[static_cast<std::size_t>(axis + shape.rank() - x.rank())];
      flat = flat * x.size(axis) + (x.size(axis) == 1 ? 0 : at);
    }
    result.push_back(values[static_cast<std::size_t>(flat)]);
  }
  return result;
}

}  // namespace gibbs::testing
