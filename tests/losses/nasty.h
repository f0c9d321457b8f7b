// Distributions where formulas divide by zero, take logarithms of zero, underflow or cancel; and the check that a
// measure is total on them: no NaN in its value or in any gradient, in either dtype, with and without create_graph.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::testing {

/// Rows of three classes: one-hot, half empty, uniform, last bits apart, tiny and denormal.
inline std::vector<Tensor> nasty_distributions(DType dtype) {
  const bool single = dtype == DType::float32;
  const double tiny = single ? 1e-38 : 1e-300, denormal = single ? 1e-45 : 5e-324;
  const double above = single ? std::nextafter(.2F, 1.F) : std::nextafter(.2, 1.);
  std::vector<Tensor> rows;
  for (const NestedList& row : std::vector<NestedList>{{1, 0, 0},
                                                       {0, 1, 0},
                                                       {.5, .5, 0},
                                                       {0, .5, .5},
                                                       {1. / 3, 1. / 3, 1. / 3},
                                                       {.2, .3, .5},
                                                       {above, .3, .5},
                                                       {1, tiny, 0},
                                                       {tiny, 1, tiny},
                                                       {denormal, 1, 0},
                                                       {1, denormal, denormal}}) {
    rows.push_back(Tensor::of(row, dtype).reshape({1, 3}));
  }
  return rows;
}

inline bool any_nan(const Tensor& x) {
  const std::vector<double> values = x.to_vector();
  return std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
}

inline void expect_no_nan(const DifferentiableFunction& f, const std::vector<Tensor>& inputs) {
  Variables x;
  for (const Tensor& input : inputs) {
    x.push_back(Variable::leaf(input));
  }
  const auto where = [&] {
    std::ostringstream text;
    for (const Tensor& input : inputs) {
      text << input.dtype() << " " << input << " ";
    }
    return text.str();
  };
  const Variable y = f(x);
  EXPECT_FALSE(any_nan(y.value())) << "value at " << where();
  for (const bool create_graph : {false, true}) {
    for (const Variable& dx :
         grad(y, x, Tensor::ones(y.shape(), y.dtype()), {.create_graph = create_graph, .retain_graph = true})) {
      EXPECT_FALSE(any_nan(dx.value())) << "gradient " << dx.value() << " at " << where();
    }
  }
}

/// f of one distribution (p) on nasty ones, and on the only one of K = 1.
inline void expect_total(const DifferentiableFunction& f) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Tensor& p : nasty_distributions(dtype)) {
      expect_no_nan(f, {p});
    }
    expect_no_nan(f, {Tensor::ones({1, 1}, dtype)});
  }
}

/// f of two distributions on all pairs of nasty ones.
inline void expect_total_on_pairs(const DifferentiableFunction& f) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Tensor& p : nasty_distributions(dtype)) {
      for (const Tensor& q : nasty_distributions(dtype)) {
        expect_no_nan(f, {p, q});
      }
    }
    expect_no_nan(f, {Tensor::ones({1, 1}, dtype), Tensor::ones({1, 1}, dtype)});
  }
}

/// f is exactly 0 for two arrays that hold the same nasty distribution.
inline void expect_zero_on_identical(const DifferentiableFunction& f) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Tensor& p : nasty_distributions(dtype)) {
      EXPECT_EQ(f({p, p.clone()}).value().item(), 0) << p;
    }
  }
}

inline std::vector<double> gradient(const Variable& y, const Variable& x) {
  return grad(y, {x}, Tensor::ones(y.shape(), y.dtype()), {.retain_graph = true})[0].value().to_vector();
}

}  // namespace gibbs::testing
