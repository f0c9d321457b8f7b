// Pooling against loops over every place of every window in float64, and each linear map against its adjoint.
#include "gibbs/tensor/kernels/pool2d.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/tensor/kernels/convolution_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;
using testing::ElementsAre;

struct Case {
  Shape x;
  Pool2dOptions options;
};

std::vector<Case> cases() {
  return {{{3, 6, 8, 5}, {}},
          {{2, 7, 5, 16}, {}},
          {{5, 30, 30, 32}, {}},
          {{1, 2, 2, 1}, {}},
          {{2, 9, 7, 3}, {.window_h = 3, .window_w = 3, .stride_h = 2, .stride_w = 2}},
          {{2, 9, 7, 3}, {.window_h = 3, .window_w = 2, .stride_h = 1, .stride_w = 1, .pads = {2, 1, 0, 1}}},
          {{2, 8, 8, 4}, {.window_h = 2, .window_w = 2, .stride_h = 2, .stride_w = 2, .pads = {1, 1, 1, 1}}},
          {{1, 8, 9, 2}, {.window_h = 1, .window_w = 2, .stride_h = 3, .stride_w = 4}},
          {{2, 5, 4, 7}, {.window_h = 5, .window_w = 4, .stride_h = 1, .stride_w = 1}},
          {{2, 18, 17, 2}, {.window_h = 17, .window_w = 16, .stride_h = 1, .stride_w = 1}},
          {{0, 4, 4, 2}, {}},
          {{2, 4, 4, 0}, {}}};
}

/// Calls visit(flat output, flat input, tap) for everything that is inside both a window and the image, in order.
template <class Visit>
void naive_visit(const Pool2dGeometry& g, Visit visit) {
  const Pool2dOptions& o = g.options;
  for (int64_t n = 0; n < g.images; ++n)
    for (int64_t oy = 0; oy < g.out_h; ++oy)
      for (int64_t ox = 0; ox < g.out_w; ++ox)
        for (int64_t c = 0; c < g.channels; ++c)
          for (int64_t tap = 0; tap < o.window_h * o.window_w; ++tap) {
            const int64_t y = oy * o.stride_h - o.pads.top + tap / o.window_w;
            const int64_t x = ox * o.stride_w - o.pads.left + tap % o.window_w;
            if (y >= 0 && y < g.height && x >= 0 && x < g.width) {
              visit(((n * g.out_h + oy) * g.out_w + ox) * g.channels + c,
                    ((n * g.height + y) * g.width + x) * g.channels + c, tap);
            }
          }
}

TEST(MaxPool2d, FindsTheFirstLargestOfEveryWindow) {
  for (const auto& [shape, options] : cases()) {
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
  for (const auto& [shape, options] : cases()) {
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

TEST(AvgPool2d, IsTheMeanOfWhatIsInside) {
  for (const auto& [shape, options] : cases()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Pool2dGeometry g = Pool2dGeometry::of(shape, options);
      const Tensor x = random_tensor(shape, dtype, 1), dy = random_tensor(g.y_shape(), dtype, 2);
      const std::vector<double> values = x.to_vector(), gradient = dy.to_vector();
      std::vector<double> y(gradient.size()), count(y.size()), dx(values.size());
      naive_visit(g, [&](int64_t out, int64_t in, int64_t) {
        y[out] += values[in];
        ++count[out];
      });
      naive_visit(g, [&](int64_t out, int64_t in, int64_t) { dx[in] += gradient[out] / count[out]; });
      for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] /= count[i];
      }
      expect_near(avg_pool2d(x, g), y, dtype);
      expect_near(avg_pool2d_dx(dy, g), dx, dtype);
    }
  }
}

TEST(Pool2d, SameBitsOnAnyNumberOfThreads) {
  for (const int64_t stride : {1, 2}) {
    const Pool2dGeometry g =
        Pool2dGeometry::of({20, 30, 30, 24}, {.window_h = 2, .window_w = 2, .stride_h = stride, .stride_w = stride});
    const Tensor x = random_tensor(g.x_shape(), DType::float32, 1), dy = random_tensor(g.y_shape(), DType::float32, 2);
    expect_same_bits_on_any_threads([&] {
      const MaxPooled pooled = max_pool2d(x, g);
      return std::vector<Tensor>{pooled.y,
                                 pooled.routing,
                                 max_pool2d_gather(x, pooled.routing, g),
                                 max_pool2d_scatter(dy, pooled.routing, g),
                                 avg_pool2d(x, g),
                                 avg_pool2d_dx(dy, g)};
    });
  }
}

TEST(Pool2d, ErrorsStateTheRule) {
  expect_error([] { Pool2dGeometry::of({4, 4, 3}, {}); }, "pool2d: needs x [N, H, W, C], not [4, 4, 3]");
  expect_error(
      [] {
        Pool2dGeometry::of({1, 4, 4, 3}, {.window_h = 0});
      },
      "pool2d: window 0 x 2 must be at least 1 x 1");
  expect_error(
      [] {
        Pool2dGeometry::of({1, 4, 4, 3}, {.stride_w = 0});
      },
      "pool2d: stride 2 x 0 must be at least 1 x 1");
  expect_error(
      [] {
        Pool2dGeometry::of({1, 4, 4, 3}, {.pads = {.bottom = 2}});
      },
      "pool2d: pads (top 0, bottom 2, left 0, right 0) must be at least 0 and less than the window 2 x 2, or a "
      "window could lie wholly in the padding");
  expect_error(
      [] {
        Pool2dGeometry::of({1, 1, 4, 3}, {});
      },
      "pool2d: window 2 x 2 does not fit the padded image 1 x 4 of x [1, 1, 4, 3]; use a smaller window or "
      "padding");
  const Pool2dGeometry g = Pool2dGeometry::of({1, 4, 4, 3}, {});
  const Tensor x = Tensor::ones({1, 4, 4, 3}), y = Tensor::ones({1, 2, 2, 3});
  expect_error([&] { max_pool2d(y, g); }, "max_pool2d: x is [1, 2, 2, 3], the geometry needs [1, 4, 4, 3]");
  expect_error([&] { max_pool2d_scatter(x, y, g); },
               "max_pool2d_scatter: dy is [1, 4, 4, 3], the geometry needs [1, 2, 2, 3]");
  expect_error([&] { max_pool2d_gather(x, y, g); }, "max_pool2d_gather: routing is float32, this window's is uint8");
  expect_error(
      [&] {
        avg_pool2d(Tensor::ones({1, 4, 4, 3}, DType::uint8), g);
      },
      "avg_pool2d: needs float32 or float64, not uint8; convert with cast");
}

}  // namespace
}  // namespace gibbs::kernels
