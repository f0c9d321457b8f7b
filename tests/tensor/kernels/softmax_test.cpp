// Softmax, its logarithm and their gradients against naive float64 loops along every axis; extreme logits; threads.
#include "gibbs/tensor/kernels/softmax.h"

#include <cmath>

#include "tests/tensor/kernels/kernel_oracle.h"
#include "tests/testing/not_finite.h"

namespace gibbs::kernels {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::random_tensor;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsNan;

using Values = std::vector<double>;

/// row(a's row, b's row) for every row along `axis`, by counting indices.
template <class Row>
Values along(const Tensor& a, const Tensor& b, int axis, Row row) {
  const std::int64_t length = a.size(axis), inner = a.shape().sub(axis + 1, a.rank()).numel();
  const Values from_a = a.to_vector(), from_b = b.to_vector();
  Values result(from_a.size());
  for (std::int64_t first = 0; first < a.numel(); ++first) {
    if (first / inner % length != 0) {
      continue;
    }
    Values p, q;
    for (std::int64_t k = 0; k < length; ++k) {
      p.push_back(from_a[static_cast<std::size_t>(first + k * inner)]);
      q.push_back(from_b[static_cast<std::size_t>(first + k * inner)]);
    }
    const Values y = row(p, q);
    for (std::int64_t k = 0; k < length; ++k) {
      result[static_cast<std::size_t>(first + k * inner)] = y[static_cast<std::size_t>(k)];
    }
  }
  return result;
}

Values naive_softmax(const Values& x, const Values&) {
  double total = 0;
  Values y;
  for (double v : x) {
    total += std::exp(v);
  }
  for (double v : x) {
    y.push_back(std::exp(v) / total);
  }
  return y;
}
Values naive_log_softmax(const Values& x, const Values& unused) {
  Values y = naive_softmax(x, unused);
  for (double& v : y) {
    v = std::log(v);
  }
  return y;
}
/// sum_j dy_j d softmax_j / d x_i, from the Jacobian y_j (delta_ij - y_i).
Values naive_softmax_dx(const Values& y, const Values& dy) {
  Values dx(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (std::size_t j = 0; j < y.size(); ++j) {
      dx[i] += dy[j] * y[j] * ((i == j) - y[i]);
    }
  }
  return dx;
}
/// sum_j dy_j d log_softmax_j / d x_i, from the Jacobian delta_ij - e^{y_i}.
Values naive_log_softmax_dx(const Values& y, const Values& dy) {
  Values dx(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (std::size_t j = 0; j < y.size(); ++j) {
      dx[i] += dy[j] * ((i == j) - std::exp(y[i]));
    }
  }
  return dx;
}

TEST(Softmax, MatchesNaiveLoopsAlongEveryAxis) {
  for (const Shape& shape :
       {Shape{7}, Shape{250, 10}, Shape{3, 5, 4}, Shape{2, 3, 40, 5}, Shape{5000, 2}, Shape{2, 33}}) {
    for (DType dtype : {DType::float32, DType::float64}) {
      const double tolerance = dtype == DType::float32 ? 2e-6 : 1e-14;
      const auto near = [&](const Values& wanted) {
        return ::testing::Pointwise(::testing::DoubleNear(tolerance), wanted);
      };
      for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] > 1000) {
          continue;  // the naive Jacobian is quadratic
        }
        const Tensor x = random_tensor(shape, dtype), dy = random_tensor(shape, dtype, -1, 1, 3);
        const Tensor y = softmax(x, axis), log_y = log_softmax(x, axis - shape.rank());
        EXPECT_THAT(y.to_vector(), near(along(x, x, axis, naive_softmax)));
        EXPECT_THAT(log_y.to_vector(), near(along(x, x, axis, naive_log_softmax)));
        EXPECT_THAT(softmax_dx(y, dy, axis).to_vector(), near(along(y, dy, axis, naive_softmax_dx)));
        EXPECT_THAT(log_softmax_dx(log_y, dy, axis).to_vector(), near(along(log_y, dy, axis, naive_log_softmax_dx)));
      }
    }
  }
}

TEST(Softmax, LongRowsAreNormalised) {
  const Tensor x = random_tensor({2, 30001}, DType::float64, -5, 5);
  EXPECT_THAT(softmax(x).to_vector(),
              ::testing::Pointwise(::testing::DoubleNear(1e-15), along(x, x, 1, naive_softmax)));
  EXPECT_THAT(
      log_softmax(x.reshape({30001, 2}), 0).to_vector(),
      ::testing::Pointwise(::testing::DoubleNear(1e-12), along(x.reshape({30001, 2}), x, 0, naive_log_softmax)));
}

TEST(Softmax, ExtremeLogitsAreExact) {
  for (DType dtype : {DType::float32, DType::float64}) {
    const Tensor x = Tensor::of(
        {{1e8, -1e8, 0}, {-1e8, -1e8, -kInfinity}, {-kInfinity, 3, -kInfinity}, {1e8, 1e8, 1e8 - 1024}}, dtype);
    EXPECT_THAT(softmax(x).to_vector(), ElementsAre(1, 0, 0, 0.5, 0.5, 0, 0, 1, 0, 0.5, 0.5, 0));
    const Values y = log_softmax(x).to_vector();
    EXPECT_THAT(Values(y.begin(), y.begin() + 3), ElementsAre(0, -2e8, -1e8));
    EXPECT_EQ(y[5], -kInfinity);
    EXPECT_THAT(Values(y.begin() + 6, y.begin() + 9), ElementsAre(-kInfinity, 0, -kInfinity));
    EXPECT_NEAR(y[3], -std::log(2.0), 1e-7);
    EXPECT_NEAR(y[11], -1024 - std::log(2.0), 1e-4);
  }
}

TEST(Softmax, OneClassIsCertain) {
  const Tensor x = Tensor::of({{-1e8}, {0}, {7}});
  EXPECT_THAT(softmax(x).to_vector(), Each(1));
  EXPECT_THAT(log_softmax(x).to_vector(), Each(0));
  EXPECT_THAT(softmax_dx(softmax(x), x).to_vector(), Each(0));
  EXPECT_THAT(log_softmax_dx(log_softmax(x), x).to_vector(), Each(0));
}

TEST(Softmax, ARowWithoutADistributionIsNanAndSpoilsNoOther) {
  const Tensor x = Tensor::of({{-kInfinity, -kInfinity}, {kInfinity, 0}, {NAN, 0}, {0, NAN}, {2, 2}});
  const auto y = softmax(x).to_vector(), log_y = log_softmax(x).to_vector();
  EXPECT_THAT(Values(y.begin(), y.begin() + 2), Each(IsNan()));
  EXPECT_THAT(y[2], IsNan());
  EXPECT_THAT(Values(y.begin() + 4, y.begin() + 8), Each(IsNan()));
  EXPECT_THAT(Values(y.begin() + 8, y.end()), Each(0.5));
  EXPECT_THAT(Values(log_y.begin() + 4, log_y.begin() + 8), Each(IsNan()));
}

TEST(Softmax, SameBitsOnAnyThreadsAndForARowAlone) {
  const Tensor x = random_tensor({3001, 10}), dy = random_tensor({3001, 10}, DType::float32, -1, 1, 2);
  for (int axis : {0, 1}) {
    gibbs::testing::expect_same_bits_on_any_threads([&] { return log_softmax(x, axis); });
    gibbs::testing::expect_same_bits_on_any_threads([&] { return softmax_dx(softmax(x, axis), dy, axis); });
  }
  EXPECT_TRUE(same_bits(softmax(x.rows(1234, 1235)), softmax(x).rows(1234, 1235)));
}

TEST(Softmax, EmptyTensorsAndErrors) {
  EXPECT_EQ(softmax(Tensor::ones({0, 3})).shape(), Shape({0, 3}));
  EXPECT_EQ(log_softmax(Tensor::ones({3, 0})).shape(), Shape({3, 0}));
  EXPECT_EQ(error_of([] { softmax(Tensor::of(1)); }), "softmax: axis -1 does not exist in 0 axes");
  EXPECT_EQ(error_of([] { softmax(Tensor::ones({2}, DType::int64)); }),
            "softmax: needs float32 or float64, not int64; convert with cast");
  EXPECT_EQ(error_of([] { softmax_dx(Tensor::ones({2}), Tensor::ones({3})); }),
            "softmax_dx: y is [2], dy is [3]; they must be equal");
}

}  // namespace
}  // namespace gibbs::kernels
