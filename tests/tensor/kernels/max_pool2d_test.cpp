// Max pooling against loops over every place of every window in float64, and its routing against the adjoint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gibbs/tensor/kernels/pool2d.h"
#include "tests/tensor/kernels/convolution_testing.h"
#include "tests/tensor/kernels/pool2d_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;
using ::testing::ElementsAre;

TEST(MaxPool2d, FindsTheFirstLargestOfEveryWindow) {
  for (const auto& [shape, options] : pool_cases()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Pool2dGeometry g = Pool2dGeometry::of(shape, options);
      Tensor x = random_tensor(shape, dtype, 1);
      for (int64_t i = 0; i < x.numel(); ++i) {  // coarse values, so that many are equal
        Tensor flat = x.reshape({-1});
        flat.set({i}, std::round(flat.at({i}) * 3) - 5);
      }
      const std::vector<double> values = x.to_vector();
      std::vector<double> best(static_cast<std::size_t>(g.y_shape().numel()), -1e30), place(best.size(), -1);
      naive_visit(g, [&](int64_t out, int64_t in, int64_t tap) {
        if (values[in] > best[out]) {
          best[out] = values[in];
          place[out] = static_cast<double>(tap);
        }
      });
      const MaxPooled pooled = max_pool2d(x, g);
      EXPECT_EQ(pooled.y.shape(), g.y_shape());
      EXPECT_EQ(pooled.y.to_vector(), best);
      EXPECT_EQ(pooled.routing.to_vector(), place);
      EXPECT_EQ(pooled.routing.dtype(), options.window_h * options.window_w <= 256 ? DType::uint8 : DType::int64);
      EXPECT_EQ(max_pool2d_gather(x, pooled.routing, g).to_vector(), best);
    }
  }
}

TEST(MaxPool2d, ScatterAddsEveryGradientAtItsWinner) {
  for (const auto& [shape, options] : pool_cases()) {
    const Pool2dGeometry g = Pool2dGeometry::of(shape, options);
    const Tensor routing = max_pool2d(random_tensor(shape, DType::float64, 1), g).routing;
    const std::vector<double> places = routing.to_vector();
    const Tensor dy = random_tensor(g.y_shape(), DType::float64, 2);
    const std::vector<double> gradient = dy.to_vector();
    std::vector<double> expected(static_cast<std::size_t>(shape.numel()));
    naive_visit(g, [&](int64_t out, int64_t in, int64_t tap) {
      expected[in] += static_cast<double>(tap) == places[out] ? gradient[out] : 0;
    });
    const Tensor dx = max_pool2d_scatter(dy, routing, g);
    ASSERT_EQ(dx.shape(), shape);
    expect_near(dx, expected, DType::float64);
    const Tensor other = random_tensor(shape, DType::float64, 3);
    EXPECT_NEAR(inner_product(max_pool2d_gather(other, routing, g), dy), inner_product(other, dx), 1e-10);
  }
}

TEST(MaxPool2d, NanWinsAndTheFirstOfTwo) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Tensor x = Tensor::of({inf, nan, 1, nan}, dtype).reshape({1, 2, 2, 1});
    const Tensor low = Tensor::full({1, 2, 2, 1}, -inf, dtype);
    for (const Pool2dOptions& options : {Pool2dOptions{}, Pool2dOptions{.stride_h = 1}}) {
      const MaxPooled pooled = max_pool2d(x, Pool2dGeometry::of(x.shape(), options));
      EXPECT_TRUE(std::isnan(pooled.y.item()));
      EXPECT_EQ(pooled.routing.item(), 1);
      const MaxPooled lowest = max_pool2d(low, Pool2dGeometry::of(x.shape(), options));
      EXPECT_EQ(lowest.y.item(), -inf);
      EXPECT_EQ(lowest.routing.item(), 0);
    }
  }
}

TEST(MaxPool2d, PaddingNeverWins) {
  const Pool2dOptions options{.pads = {1, 1, 1, 1}};
  const Tensor x = Tensor::full({1, 2, 2, 1}, -7);
  const MaxPooled pooled = max_pool2d(x, Pool2dGeometry::of(x.shape(), options));
  EXPECT_THAT(pooled.y.to_vector(), ElementsAre(-7, -7, -7, -7));
  EXPECT_THAT(pooled.routing.to_vector(), ElementsAre(3, 2, 1, 0));
}

}  // namespace
}  // namespace gibbs::kernels
