// near(actual, expected, tolerance): are two tensors equal up to rounding? The failure says where they differ.
//
//   EXPECT_TRUE(near(y, oracle, 1e-12));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "gibbs/tensor/tensor.h"

namespace gibbs::testing {

/// |a - e| <= tolerance * max(1, |e|); equal infinities and two NaNs are near.
inline bool near(double actual, double expected, double tolerance) {
  if (std::isnan(expected) || std::isinf(expected)) {
    return std::isnan(expected) ? std::isnan(actual) : actual == expected;
  }
  return std::abs(actual - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

/// Equal shapes and near elements; dtypes may differ, so that float32 results can be held against float64 oracles.
inline ::testing::AssertionResult near(const Tensor& actual, const Tensor& expected, double tolerance) {
  constexpr int kShown = 5;
  if (!actual.defined() || !expected.defined()) {
    return ::testing::AssertionFailure() << (actual.defined() ? "the expected" : "the actual")
                                         << " tensor is undefined";
  }
  if (actual.shape() != expected.shape()) {
    return ::testing::AssertionFailure() << "shape " << actual.shape() << ", expected " << expected.shape();
  }
  const std::vector<double> a = actual.to_vector(), e = expected.to_vector();
  ::testing::AssertionResult failure = ::testing::AssertionFailure();
  failure << "tensors of shape " << actual.shape() << " differ:";
  int different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!near(a[i], e[i], tolerance) && ++different <= kShown) {
      failure << "\n  element " << i << ": " << ::testing::PrintToString(a[i]) << ", expected "
              << ::testing::PrintToString(e[i]) << ", off by " << a[i] - e[i];
    }
  }
  return different == 0 ? ::testing::AssertionSuccess()
                        : failure << "\n  " << different << " of " << a.size() << " elements in all";
}

}  // namespace gibbs::testing
