// Average pooling against loops over every place of every window in float64; geometry, bits and errors of all pooling.
#include "gibbs/tensor/kernels/pool2d.h"

#include <gtest/gtest.h>

#include "tests/tensor/kernels/convolution_testing.h"
#include "tests/tensor/kernels/pool2d_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

TEST(AvgPool2d, IsTheMeanOfWhatIsInside) {
  for (const auto& [shape, options] : pool_cases()) {
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
