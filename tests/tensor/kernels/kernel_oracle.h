// Naive float64 helpers for the tests of kernels: random tensors, broadcasting by counting indices, threads compared.
#pragma once

#include <gmock/gmock.h>

#include <cstring>
#include <random>
#include <vector>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/tensor.h"

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

inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) {
    return false;
  }
  return dispatch(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    return std::memcmp(a.data<T>(), b.data<T>(), static_cast<std::size_t>(a.numel()) * sizeof(T)) == 0;
  });
}

/// compute() gives the same bits on 1, 2 and 3 threads.
template <class Compute>
void expect_same_bits_on_any_threads(Compute compute) {
  const int before = num_threads();
  set_num_threads(1);
  const Tensor expected = compute();
  for (int threads : {2, 3}) {
    set_num_threads(threads);
    EXPECT_TRUE(same_bits(compute(), expected)) << threads << " threads";
  }
  set_num_threads(before);
}

/// The text of the Error that `call` throws.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

}  // namespace gibbs::testing
