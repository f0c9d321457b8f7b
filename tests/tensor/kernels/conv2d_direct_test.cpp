// Which geometries take the direct path, and that every width and height of a register block gives the right sums.
#include "gibbs/tensor/kernels/conv2d_direct.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/kernels/im2col.h"
#include "tests/tensor/kernels/convolution_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

bool fits(const Shape& x, const Shape& w, const Conv2dOptions& options = {}) {
  return direct::fits<float>(Conv2dGeometry::of(x, w, options));
}

bool input_fits(const Shape& x, const Shape& w, const Conv2dOptions& options = {}) {
  return direct::input_fits<float>(Conv2dGeometry::of(x, w, options));
}

TEST(Conv2dDirect, TakesTheCommonGeometries) {
  EXPECT_TRUE(fits({250, 32, 32, 3}, {3, 3, 3, 32}));
  EXPECT_TRUE(fits({250, 15, 15, 32}, {3, 3, 32, 64}));
  EXPECT_TRUE(fits({1, 32, 32, 3}, {7, 7, 3, 64}, {.stride_h = 2, .stride_w = 2, .pads = {3, 3, 3, 3}}));
  EXPECT_FALSE(fits({1, 8, 8, 3}, {3, 3, 3, 33}));
  EXPECT_FALSE(fits({1, 8, 8, 3}, {3, 3, 3, 32}, {.dilation_h = 2}));
  EXPECT_FALSE(fits({1, 8, 8, 4}, {3, 3, 2, 32}, {.groups = 2}));
  EXPECT_TRUE(fits({1, 8, 8, 32}, {1, 1, 32, 32}));
  EXPECT_FALSE(fits({1, 8, 8, 4096}, {3, 3, 4096, 32}));
  EXPECT_TRUE(input_fits({250, 15, 15, 32}, {3, 3, 32, 64}));
  EXPECT_FALSE(input_fits({250, 32, 32, 3}, {3, 3, 3, 32}));
  EXPECT_FALSE(input_fits({1, 8, 8, 32}, {3, 3, 32, 32}, {.stride_w = 2}));
  EXPECT_FALSE(input_fits({1, 8, 8, 32}, {3, 3, 32, 32}, {.pads = {.top = 3}}));
}

/// Forward and weight gradient of one image against one product with the whole matrix.
template <class T>
void check_against_matrix(const Conv2dGeometry& g) {
  ASSERT_TRUE(direct::fits<T>(g));
  const Tensor x = random_tensor(g.x_shape(), dtype_of<T>, 1), w = random_tensor(g.w_shape(), dtype_of<T>, 2);
  const Tensor dy = random_tensor(g.y_shape(), dtype_of<T>, 3);
  Tensor rows = Tensor::uninitialized({g.out_h * g.out_w, row_length(g)}, dtype_of<T>);
  im2col(g, 0, x.data<T>(), 0, g.out_h, rows.mutable_data<T>());
  Tensor y = Tensor::full(g.y_shape(), -9, dtype_of<T>), dw = Tensor::full(g.w_shape(), -9, dtype_of<T>);
  direct::forward(g, x.data<T>(), w.data<T>(), y.mutable_data<T>());
  direct::weights(g, x.data<T>(), dy.data<T>(), dw.mutable_data<T>());
  const Tensor flat_dy = dy.reshape({-1, g.filters});
  expect_near(y, matmul(rows, w.reshape({-1, g.filters})).to_vector(), dtype_of<T>);
  expect_near(dw, matmul(rows, flat_dy, {.a = true}).to_vector(), dtype_of<T>);
}

TEST(Conv2dDirect, EveryBlockWidthAndHeight) {
  for (int64_t width = 1; width <= 23; ++width) {
    for (const int64_t filters : {16, 32, 48, 64, 80, 144}) {
      const Conv2dOptions options{.stride_h = 1 + width % 2, .pads = {1, 0, width % 3, 0}};
      const Conv2dGeometry g = Conv2dGeometry::of({1, 5, width + 1, 3}, {2, 2, 3, filters}, options);
      check_against_matrix<float>(g);
      check_against_matrix<double>(g);
    }
  }
}

TEST(Conv2dDirect, KernelsOfOnePixel) {
  for (const int64_t channels : {1, 3, 16, 40}) {
    check_against_matrix<float>(Conv2dGeometry::of({1, 9, 7, channels}, {1, 1, channels, 48}, {}));
    check_against_matrix<double>(Conv2dGeometry::of({1, 9, 7, channels}, {1, 1, channels, 48}, {.stride_w = 2}));
  }
}

TEST(Conv2dDirect, BandsOfATallImageMeet) {
  check_against_matrix<float>(Conv2dGeometry::of({1, 150, 40, 8}, {3, 3, 8, 16}, {.pads = {1, 1, 1, 1}}));
  check_against_matrix<float>(Conv2dGeometry::of({1, 150, 40, 8}, {3, 3, 8, 16}, {.stride_h = 2}));
}

}  // namespace
}  // namespace gibbs::kernels
