// What the tests of the joint kernels share: logits and coefficients of every kind and size, and the comparison of all
// that a kernel can be asked for with loops over one row, in float64.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/rows/coefficients.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels::rows {

using Numbers = std::vector<double>;

/// f(i) for i < n.
inline Numbers numbers(std::int64_t n, const std::function<double(std::int64_t)>& f) {
  Numbers x;
  for (std::int64_t i = 0; i < n; ++i) {
    x.push_back(f(i));
  }
  return x;
}

inline Tensor tensor(const Numbers& x, const Shape& shape, DType dtype) { return cast(Tensor::from(x, shape), dtype); }

/// Row n of x [N, K].
inline Numbers row_of(const Tensor& x, std::int64_t n) {
  return numbers(x.size(1), [&](std::int64_t k) { return x.at({n, k}); });
}

inline double sum_of(const Numbers& x) {
  double total = 0;
  for (const double v : x) {
    total += v;
  }
  return total;
}

inline Numbers softmax_of(Numbers z) {
  for (double& v : z) {
    v = std::exp(v);
  }
  const double total = sum_of(z);
  for (double& v : z) {
    v /= total;
  }
  return z;
}

/// Logits from -3 to 3.
inline Tensor some_logits(std::int64_t rows, std::int64_t classes, DType dtype) {
  return tensor(numbers(rows * classes, [](std::int64_t i) { return 3 * std::sin(static_cast<double>(i)); }),
                {rows, classes}, dtype);
}

/// Weights of classes, from 1/2 to 3/2.
inline double some_weight(std::int64_t k) { return 1 + std::cos(static_cast<double>(k)) / 2; }
inline Tensor some_weights(std::int64_t classes, DType dtype) {
  return tensor(numbers(classes, some_weight), {classes}, dtype);
}

/// Distributions in which every third class has probability 0.
inline Tensor some_distributions(std::int64_t rows, std::int64_t classes, DType dtype) {
  Numbers p;
  for (std::int64_t n = 0; n < rows; ++n) {
    Numbers row = numbers(classes, [&](std::int64_t k) {
      return (k + n) % 3 == 1 && classes > 1 ? 0 : 1 + std::sin(static_cast<double>(k * 5 + n));
    });
    const double total = sum_of(row);
    for (const double v : row) {
      p.push_back(v / total);
    }
  }
  return tensor(p, {rows, classes}, dtype);
}

/// Class indices, in which `other` and `own` of class k are what is said.
inline Coefficients of_classes(std::int64_t rows, std::int64_t classes, DType dtype,
                               const std::function<double(std::int64_t)>& other,
                               const std::function<double(std::int64_t)>& own) {
  Tensor y = Tensor::uninitialized({rows}, DType::int64);
  for (std::int64_t n = 0; n < rows; ++n) {
    y.mutable_data<std::int64_t>()[n] = n * 7 % classes;
  }
  return {.dense = {},
          .indices = y,
          .other = tensor(numbers(classes, other), {classes}, dtype),
          .own = tensor(numbers(classes, own), {classes}, dtype)};
}

inline Coefficients of_array(const Tensor& x) { return {.dense = x, .indices = {}, .other = {}, .own = {}}; }

/// Row n of the coefficients.
inline Numbers row_of(const Coefficients& c, std::int64_t n) {
  if (c.dense.defined()) {
    return row_of(c.dense, n);
  }
  Numbers row = c.other.to_vector();
  const auto y = static_cast<std::size_t>(c.indices.at({n}));
  row[y] = c.own.to_vector()[y];
  return row;
}

/// The array that the coefficients stand for.
inline Tensor array_of(const Coefficients& c, std::int64_t rows, DType dtype) {
  Numbers all;
  for (std::int64_t n = 0; n < rows; ++n) {
    const Numbers row = row_of(c, n);
    all.insert(all.end(), row.begin(), row.end());
  }
  return tensor(all, {rows, static_cast<std::int64_t>(all.size()) / rows}, dtype);
}

/// What a row should give: its loss, and its gradient for dy = 1.
struct Expected {
  double loss;
  Numbers dz;
};
using Oracle = std::function<Expected(const Numbers& z, std::int64_t n)>;
using Kernel = std::function<LossesAndGradient(const Tensor& z, const Tensor& dy, Output output)>;

/// All that a kernel can be asked for, at logits z, against the oracle.
inline void expect_kernel(const std::string& what, const Tensor& z, const Kernel& kernel, const Oracle& oracle) {
  const std::int64_t rows = z.size(0), classes = z.size(1);
  const double tolerance = z.dtype() == DType::float64 ? 1e-12 : 3e-6;
  const Tensor each = tensor(numbers(rows, [](std::int64_t n) { return 1 + n % 5; }), {rows}, z.dtype());
  const Tensor one_for_all = Tensor::full({1}, .25, z.dtype());
  const auto near = [&](double found, double expected) {
    return std::abs(found - expected) <= tolerance * (1 + std::abs(expected));
  };
  std::vector<Expected> expected;
  double sum = 0;
  for (std::int64_t n = 0; n < rows; ++n) {
    expected.push_back(oracle(row_of(z, n), n));
    sum += expected.back().loss;
  }
  for (const Tensor& dy : {Tensor(), one_for_all, each}) {
    for (const Output output : {Output::each_row, Output::sum}) {
      const LossesAndGradient found = kernel(z, dy, output);
      ASSERT_EQ(found.losses.defined(), output == Output::each_row);
      ASSERT_EQ(found.dz.defined(), dy.defined());
      ASSERT_TRUE(near(found.sum, output == Output::sum ? sum : 0)) << what << ": " << found.sum << ", not " << sum;
      for (std::int64_t n = 0; n < rows; ++n) {
        const Expected& row = expected[static_cast<std::size_t>(n)];
        ASSERT_TRUE(output == Output::sum || near(found.losses.at({n}), row.loss))
            << what << ", row " << n << ": " << found.losses.at({n}) << ", not " << row.loss;
        const double dy_n = dy.defined() ? dy.at({dy.numel() == 1 ? 0 : n}) : 0;
        for (std::int64_t k = 0; dy.defined() && k < classes; ++k) {
          ASSERT_TRUE(near(found.dz.at({n, k}), dy_n * row.dz[static_cast<std::size_t>(k)]))
              << what << ", row " << n << ", class " << k << ": " << found.dz.at({n, k}) << ", not "
              << dy_n * row.dz[static_cast<std::size_t>(k)];
        }
      }
    }
  }
}

/// f(rows, classes, dtype) for sizes at which groups of rows, squares of columns and threads end differently.
template <class F>
void for_every_size(F f) {
  const int threads = num_threads();
  set_num_threads(3);
  for (const std::int64_t rows : {1, 2, 15, 16, 17, 33, 2100}) {
    for (const std::int64_t classes : {1, 2, 3, 10, 17, 33, 520}) {
      for (const DType dtype : {DType::float32, DType::float64}) {
        if (rows * classes < 30'000 && !::testing::Test::HasFatalFailure()) {
          f(rows, classes, dtype);
        }
      }
    }
  }
  set_num_threads(threads);
}

}  // namespace gibbs::kernels::rows
