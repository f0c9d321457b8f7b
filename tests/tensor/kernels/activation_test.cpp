// Activations beside their formulas in long double, in blocks and at their ends; epilogues beside what they stand for.
#include "gibbs/tensor/kernels/activation.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "gibbs/tensor/kernels/conv2d.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/testing/error_of.h"
#include "tests/testing/near.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::kernels {
namespace {

using testing::near;
using Real = long double;

constexpr std::array kAll = {Activation::identity, Activation::relu, Activation::gelu, Activation::silu};

Real slope(Activation activation, Real x) {
  const Real s = 1 / (1 + std::exp(-x)), cdf = std::erfc(-x / std::numbers::sqrt2_v<Real>) / 2;
  switch (activation) {
    case Activation::relu:
      return x > 0 ? 1 : 0;
    case Activation::gelu:
      return cdf + x * std::exp(-x * x / 2) * std::numbers::inv_sqrtpi_v<Real> / std::numbers::sqrt2_v<Real>;
    case Activation::silu:
      return s + x * s * (1 - s);
    case Activation::identity:
      break;
  }
  return 1;
}

TEST(Activation, ValuesAndGradientsAreThoseOfTheFormulas) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const double bound = dtype == DType::float32 ? 2e-6 : 1e-14;
    for (const std::int64_t n : {1, 511, 512, 513, 40'000}) {  // blocks are 512, pieces of threads 16,384
      const Tensor x = uniform({.seed = 1}, {n}, -6, 6, dtype), dy = uniform({.seed = 2}, {n}, -2, 2, dtype);
      for (const Activation f : kAll) {
        const auto y = activate(f, x).to_vector(), dx = activation_gradient(f, x, dy).to_vector();
        for (std::int64_t i = 0; i<n; i += n> 1000 ? 97 : 1) {
          const double v = x.at({i});
          ASSERT_NEAR(y[i], testing::activated(f, v), bound * (1 + std::abs(v))) << name_of(f) << " at " << v;
          ASSERT_NEAR(dx[i], dy.at({i}) * static_cast<double>(slope(f, v)), 4 * bound) << name_of(f) << " at " << v;
        }
      }
    }
  }
}

TEST(Activation, FiniteWhereTheLimitIs) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Tensor x = Tensor::of({-kInfinity, -1e30, 1e30, kInfinity, std::numeric_limits<double>::quiet_NaN()}, dtype);
    for (const Activation f : {Activation::relu, Activation::gelu, Activation::silu}) {
      const auto y = activate(f, x).to_vector();
      const auto dx = activation_gradient(f, x, Tensor::ones({5}, dtype)).to_vector();
      EXPECT_EQ(y[0], 0) << name_of(f);
      EXPECT_EQ(y[1], 0) << name_of(f);
      EXPECT_EQ(y[2], x.at({2})) << name_of(f);
      EXPECT_EQ(y[3], kInfinity) << name_of(f);
      EXPECT_TRUE(std::isnan(y[4])) << name_of(f);
      EXPECT_THAT(std::vector(dx.begin(), dx.begin() + 4), ::testing::ElementsAre(0, 0, 1, 1)) << name_of(f);
    }
  }
}

/// Every way that a convolution goes: rows, one product, groups, depthwise, direct, Winograd with small and large
/// weights.
TEST(Activation, AnEpilogueIsWhatStandsBehindTheConvolution) {
  const std::vector<Conv2dGeometry> all = {
      Conv2dGeometry::of({2, 9, 7, 3}, {3, 3, 3, 5}, {}),
      Conv2dGeometry::of({2, 4, 4, 96}, {3, 3, 96, 640}, {.stride_h = 2, .stride_w = 2}),
      Conv2dGeometry::of({2, 9, 7, 4}, {3, 3, 2, 6}, {.groups = 2}),
      Conv2dGeometry::of({2, 9, 7, 6}, {3, 3, 1, 6}, {.pads = {1, 1, 1, 1}, .groups = 6}),
      Conv2dGeometry::of({3, 9, 7, 3}, {3, 3, 3, 32}, {}),
      Conv2dGeometry::of({3, 9, 7, 32}, {3, 3, 32, 48}, {}),
      Conv2dGeometry::of({30, 7, 6, 128}, {3, 3, 128, 144}, {.pads = {1, 1, 1, 1}}),
  };
  for (const Conv2dGeometry& g : all) {
    const auto random = [](std::uint64_t seed, const Shape& shape) { return uniform({.seed = seed}, shape, -1, 1); };
    const Tensor x = random(1, g.x_shape()), w = random(2, g.w_shape()), y = conv2d(x, w, g);
    const Tensor scale = random(3, {g.filters}), shift = random(4, {g.filters});
    for (const Activation f : kAll) {
      EXPECT_TRUE(near(conv2d(x, w, g, {scale, shift, f}), activate(f, add(mul(y, scale), shift)), 1e-5))
          << g.w_shape();
      EXPECT_TRUE(near(conv2d(x, w, g, {.shift = shift, .activation = f}), activate(f, add(y, shift)), 1e-5));
      EXPECT_TRUE(near(conv2d(x, w, g, {.activation = f}), activate(f, y), 1e-5)) << g.w_shape();
    }
  }
}

TEST(Activation, ADenseLayerEndsInIt) {
  const Tensor x = uniform({.seed = 1}, {130, 70}, -1, 1), w = uniform({.seed = 2}, {70, 150}, -1, 1);
  const Tensor bias = uniform({.seed = 3}, {150}, -1, 1);
  for (const Activation f : kAll) {
    EXPECT_TRUE(near(dense(x, w, bias, f), activate(f, dense(x, w, bias)), 1e-6)) << name_of(f);
  }
}

TEST(Activation, RefusesEpiloguesOfOtherShapes) {
  const auto g = Conv2dGeometry::of({1, 4, 4, 1}, {3, 3, 1, 2}, {});
  const Tensor x = Tensor::ones(g.x_shape()), w = Tensor::ones(g.w_shape());
  EXPECT_EQ(testing::error_of([&] { conv2d(x, w, g, {.scale = Tensor::ones({3})}); }),
            "conv2d: scale is [3] float32, needs [2] float32");
  EXPECT_EQ(testing::error_of([&] { conv2d(x, w, g, {.shift = Tensor::ones({2}, DType::float64)}); }),
            "conv2d: shift is [2] float64, needs [2] float32");
}

}  // namespace
}  // namespace gibbs::kernels
