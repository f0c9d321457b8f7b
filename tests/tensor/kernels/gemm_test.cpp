// Matrix products against three nested loops in float64.
#include "gibbs/tensor/kernels/gemm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gibbs/tensor/kernels/gemm/blas.h"
#include "gibbs/tensor/parallel.h"
#include "tests/tensor/kernels/convolution_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// op(a) op(b) of two matrices, in float64.
std::vector<double> naive(const Tensor& a, const Tensor& b, Transposed t) {
  const std::vector<double> x = a.to_vector(), y = b.to_vector();
  const int64_t m = a.size(t.a ? 1 : 0), k = a.size(t.a ? 0 : 1), n = b.size(t.b ? 0 : 1);
  std::vector<double> c(static_cast<std::size_t>(m * n));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t l = 0; l < k; ++l) {
        c[i * n + j] += x[t.a ? l * m + i : i * k + l] * y[t.b ? j * k + l : l * n + j];
      }
    }
  }
  return c;
}

Tensor matrix(int64_t rows, int64_t columns, bool transposed, DType dtype, std::uint64_t seed) {
  return random_tensor(transposed ? Shape{columns, rows} : Shape{rows, columns}, dtype, seed);
}

TEST(Matmul, EveryTranspositionEveryDtypeAndManySizes) {
  for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{
           {1, 1, 1}, {1, 7, 5}, {5, 1, 3}, {17, 33, 9}, {64, 65, 66}, {250, 10, 256}, {301, 257, 300}}) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      for (const Transposed t : {Transposed{false, false}, {true, false}, {false, true}, {true, true}}) {
        const Tensor a = matrix(m, k, t.a, dtype, 1), b = matrix(k, n, t.b, dtype, 2);
        const Tensor c = matmul(a, b, t);
        ASSERT_EQ(c.shape(), (Shape{m, n}));
        ASSERT_EQ(c.dtype(), dtype);
        expect_near(c, naive(a, b, t), dtype);
      }
    }
  }
}

TEST(Matmul, BatchesBroadcast) {
  const Tensor a = random_tensor({2, 1, 3, 4, 5}, DType::float64, 1),
               b = random_tensor({6, 1, 5, 7}, DType::float64, 2);
  const Tensor c = matmul(a, b);
  ASSERT_EQ(c.shape(), (Shape{2, 6, 3, 4, 7}));
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t j = 0; j < 6; ++j) {
      for (int64_t l = 0; l < 3; ++l) {
        expect_near(c[i][j][l], naive(a[i][0][l], b[j][0], {}), DType::float64);
      }
    }
  }
}

TEST(Matmul, OneMatrixOnTheRightOrOnTheLeftServesAllBatches) {
  const Tensor a = random_tensor({3, 2, 4, 5}, DType::float32, 1), b = random_tensor({5, 6}, DType::float32, 2);
  const Tensor c = matmul(a, b), d = matmul(b, a, {.a = true, .b = true});
  ASSERT_EQ(c.shape(), (Shape{3, 2, 4, 6}));
  ASSERT_EQ(d.shape(), (Shape{3, 2, 6, 4}));
  expect_near(c[2][1], naive(a[2][1], b, {}), DType::float32);
  expect_near(d[2][1], naive(b, a[2][1], {true, true}), DType::float32);
}

TEST(Matmul, WorksOnViews) {
  const Tensor a = random_tensor({6, 4}, DType::float32, 1), b = random_tensor({2, 4, 3}, DType::float32, 2);
  expect_near(matmul(a.rows(2, 5), b[1]), naive(a.rows(2, 5), b[1], {}), DType::float32);
}

TEST(Matmul, SizesOfZero) {
  EXPECT_EQ(matmul(Tensor::ones({0, 3}), Tensor::ones({3, 2})).shape(), (Shape{0, 2}));
  EXPECT_EQ(matmul(Tensor::ones({2, 3}), Tensor::ones({3, 0})).shape(), (Shape{2, 0}));
  EXPECT_THAT(matmul(Tensor::ones({2, 0}), Tensor::ones({0, 2})).to_vector(), ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(matmul(Tensor::ones({0, 2, 3}), Tensor::ones({3, 4})).shape(), (Shape{0, 2, 4}));
  EXPECT_THAT(matmul(Tensor::ones({2, 1, 0}), Tensor::ones({0, 1})).to_vector(), ElementsAre(0, 0));
  EXPECT_THAT(matmul(Tensor::ones({2, 1, 0}), Tensor::ones({2, 0, 1})).to_vector(), ElementsAre(0, 0));
}

TEST(Matmul, NanAndInfinityReachTheirRowsOnly) {
  Tensor a = Tensor::ones({3, 4});
  a.set({0, 1}, std::numeric_limits<double>::quiet_NaN());
  a.set({1, 2}, std::numeric_limits<double>::infinity());
  const Tensor c = matmul(a, Tensor::ones({4, 5}));
  for (int64_t j = 0; j < 5; ++j) {
    EXPECT_TRUE(std::isnan(c.at({0, j})));
    EXPECT_TRUE(std::isinf(c.at({1, j})));
    EXPECT_EQ(c.at({2, j}), 4);
  }
}

TEST(Matmul, SameBitsOnAnyNumberOfThreads) {
  const Tensor a = random_tensor({250, 800}, DType::float32, 1), b = random_tensor({800, 256}, DType::float32, 2);
  const Tensor batched = random_tensor({40, 30, 50}, DType::float32, 3);
  expect_same_bits_on_any_threads([&] {
    return std::vector<Tensor>{matmul(a, b), matmul(b, a, {true, true}), matmul(batched, batched, {false, true}),
                               dense(a, b, b[0])};
  });
}

TEST(Matmul, ErrorsStateTheRule) {
  const Tensor a = Tensor::ones({2, 3});
  expect_error([&] { matmul(a, Tensor::ones({4, 5})); }, "matmul: inner sizes differ: [2, 3] x [4, 5]");
  expect_error([&] { matmul(a, a, {true, true}); }, "matmul: inner sizes differ: [2, 3]^T x [2, 3]^T");
  expect_error([&] { matmul(Tensor::ones({3}), a); },
               "matmul: needs at least two axes on both sides: [3] x [2, 3]; reshape a vector to [1, n] or [n, 1]");
  expect_error(
      [&] {
        matmul(a, Tensor::ones({3, 2}, DType::float64));
      },
      "matmul: dtypes differ: float32 and float64; convert one with cast");
  expect_error(
      [&] {
        matmul(Tensor::ones({2, 2}, DType::int64), Tensor::ones({2, 2}, DType::int64));
      },
      "matmul: needs float32 or float64, not int64; convert with cast");
  EXPECT_THROW(matmul(Tensor::ones({2, 2, 3}), Tensor::ones({3, 3, 2})), Error);
}

TEST(Dense, IsAProductPlusBias) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Tensor x = random_tensor({250, 300}, dtype, 1), w = random_tensor({300, 600}, dtype, 2);
    const Tensor bias = random_tensor({600}, dtype, 3);
    std::vector<double> expected = naive(x, w, {});
    expect_near(dense(x, w, {}), expected, dtype);
    const std::vector<double> biases = bias.to_vector();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i] += biases[i % 600];
    }
    expect_near(dense(x, w, bias), expected, dtype);
  }
}

TEST(Dense, SizesOfZero) {
  EXPECT_THAT(dense(Tensor::ones({2, 0}), Tensor::ones({0, 2}), Tensor::of({3, 4})).to_vector(),
              ElementsAre(3, 4, 3, 4));
  EXPECT_EQ(dense(Tensor::ones({0, 3}), Tensor::ones({3, 2}), {}).shape(), (Shape{0, 2}));
}

TEST(Dense, ErrorsStateTheRule) {
  const Tensor x = Tensor::ones({2, 3}), w = Tensor::ones({3, 4});
  expect_error([&] { dense(x, x, {}); }, "dense: x [2, 3] has 3 features, w [2, 3] takes 2");
  expect_error([&] { dense(x[0], w, {}); }, "dense: needs x [N, in] and w [in, out], not [3] and [3, 4]");
  expect_error([&] { dense(x, w, Tensor::ones({3})); }, "dense: bias is [3], needs [4]");
  expect_error([&] { dense(x, w, Tensor::ones({4}, DType::float64)); },
               "dense: dtypes differ: float32 and float64; convert one with cast");
}

TEST(Gemm, BetaScalesWhatIsThereAndLeadingDimensionsSkip) {
  const Tensor a = random_tensor({3, 6}, DType::float64, 1), b = random_tensor({4, 5}, DType::float64, 2);
  Tensor c = Tensor::full({3, 7}, 2, DType::float64);
  gemm({}, 3, 2, 4, a.data<double>(), 6, b.data<double>() + 1, 5, 0.5, c.mutable_data<double>() + 3, 7);
  for (int64_t i = 0; i < 3; ++i) {
    for (int64_t j = 0; j < 7; ++j) {
      double expected = j >= 3 && j < 5 ? 1 : 2;
      for (int64_t l = 0; l < 4 && j >= 3 && j < 5; ++l) {
        expected += a.at({i, l}) * b.at({l, j - 2});
      }
      EXPECT_NEAR(c.at({i, j}), expected, 1e-14);
    }
  }
}

/// The upper left corners of larger matrices, whose other entries are NaN.
template <class T>
void check_corners(int64_t m, int64_t n, int64_t k, Transposed t, double beta) {
  const auto padded = [](const Tensor& corner) {
    Tensor whole = Tensor::full({corner.size(0) + 2, corner.size(1) + 3}, NAN, dtype_of<T>);
    for (int64_t i = 0; i < corner.size(0); ++i) {
      std::copy_n(corner.data<T>() + i * corner.size(1), corner.size(1), whole.mutable_data<T>() + i * whole.size(1));
    }
    return whole;
  };
  const Tensor a = matrix(m, k, t.a, dtype_of<T>, 1), b = matrix(k, n, t.b, dtype_of<T>, 2);
  const Tensor c = random_tensor({m, n}, dtype_of<T>, 3), wide_a = padded(a), wide_b = padded(b);
  std::vector<double> expected = naive(a, b, t);
  const std::vector<double> before = c.to_vector();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] += beta * before[i];
  }
  Tensor wide_c = padded(c);
  gemm(t, m, n, k, wide_a.data<T>(), wide_a.size(1), wide_b.data<T>(), wide_b.size(1), static_cast<T>(beta),
       wide_c.mutable_data<T>(), wide_c.size(1));
  Tensor result = Tensor::uninitialized({m, n}, dtype_of<T>);
  for (int64_t i = 0; i < m; ++i) {
    std::copy_n(wide_c.data<T>() + i * wide_c.size(1), n, result.mutable_data<T>() + i * n);
    EXPECT_TRUE(std::isnan(wide_c.data<T>()[i * wide_c.size(1) + n])) << "only the corner is written";
  }
  expect_near(result, expected, dtype_of<T>);
}

TEST(Gemm, CornersOfLargerMatricesOfOneRowAndOfMore) {
  for (const int64_t m : {1, 2, 9}) {
    for (const Transposed t : {Transposed{false, false}, {true, false}, {false, true}, {true, true}}) {
      for (const double beta : {0., 1., -.5}) {
        SCOPED_TRACE(::testing::Message() << m << " rows, a^T " << t.a << ", b^T " << t.b << ", beta " << beta);
        check_corners<float>(m, 7, 5, t, beta);
        check_corners<double>(m, 7, 5, t, beta);
      }
    }
  }
}

TEST(Gemm, BetaZeroForgetsEvenNan) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor one = Tensor::ones({1, 1}, DType::float64);
  for (const int64_t k : {0, 1}) {
    Tensor c = Tensor::full({1}, nan, DType::float64);
    gemm({}, 1, 1, k, one.data<double>(), 1, one.data<double>(), 1, 0.0, c.mutable_data<double>(), 1);
    EXPECT_EQ(c.item(), static_cast<double>(k));
  }
}

TEST(Gemm, NamesItsCore) { EXPECT_EQ(blas_core_name().empty(), !blas::is_there()); }

}  // namespace
}  // namespace gibbs::kernels
