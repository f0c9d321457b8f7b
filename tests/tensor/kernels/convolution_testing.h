// What the tests of products, convolutions and pooling share: random tensors and comparison with a float64 oracle.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/tensor.h"
#include "tests/testing/any_threads.h"
#include "tests/testing/error_of.h"

namespace gibbs::kernels {

using testing::expect_same_bits_on_any_threads;

/// Numbers in [-1, 1) from a linear congruential generator, independent of the library's own.
inline Tensor random_tensor(const Shape& shape, DType dtype, std::uint64_t seed) {
  Tensor result = Tensor::uninitialized(shape, dtype);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* values = result.mutable_data<T>();
    std::uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
    for (std::int64_t i = 0; i < result.numel(); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      values[i] = static_cast<T>(static_cast<double>(state >> 40) / (1 << 23) - 1);
    }
  });
  return result;
}

/// Every element within a few roundings of the oracle's largest.
inline void expect_near(const Tensor& actual, const std::vector<double>& expected, DType dtype) {
  const std::vector<double> values = actual.to_vector();
  ASSERT_EQ(values.size(), expected.size());
  double largest = 1, worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    const double error = std::abs(values[i] - expected[i]);
    worst = std::isnan(error) ? error : std::max(worst, error);
    if (std::isnan(worst)) {
      break;
    }
  }
  EXPECT_LE(worst / largest, dtype == DType::float32 ? 4e-6 : 1e-14);
}

inline double inner_product(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector(), y = b.to_vector();
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += x[i] * y[i];
  }
  return sum;
}

template <class Body>
void expect_error(Body body, const std::string& message) {
  EXPECT_EQ(testing::error_of(body), message);
}

}  // namespace gibbs::kernels
