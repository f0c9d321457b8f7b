// Which geometries take the direct path, and that every width and height of a register block gives the right sums.
#include "gibbs/tensor/kernels/convolution/direct.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "gibbs/tensor/kernels/conv2d.h"
#include "gibbs/tensor/kernels/convolution/im2col.h"
#include "gibbs/tensor/kernels/convolution/turned_weights.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "tests/tensor/kernels/convolution_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

bool fits(const Shape& x, const Shape& w, const Conv2dOptions& options = {}) {
  return direct::fits<float>(Conv2dGeometry::of(x, w, options));
}

bool dx_fits(const Shape& x, const Shape& w, const Conv2dOptions& options = {}) {
  return direct::dx_fits<float>(Conv2dGeometry::of(x, w, options));
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
  EXPECT_TRUE(dx_fits({250, 15, 15, 32}, {3, 3, 32, 64}));
  EXPECT_FALSE(dx_fits({250, 32, 32, 3}, {3, 3, 3, 32}));
  EXPECT_TRUE(dx_fits({8, 28, 28, 128}, {3, 3, 128, 256}, {.stride_h = 2, .stride_w = 2, .pads = {1, 1, 1, 1}}));
  EXPECT_TRUE(dx_fits({1, 8, 8, 32}, {3, 3, 32, 32}, {.pads = {.top = 3}}));
  EXPECT_FALSE(dx_fits({1, 8, 8, 32}, {3, 3, 32, 32}, {.dilation_h = 2}));
}

/// All that is handled, of one image, against one product with the whole matrix.
template <class T>
void check_against_matrix(const Conv2dGeometry& g) {
  ASSERT_TRUE(direct::fits<T>(g));
  const Tensor x = random_tensor(g.x_shape(), dtype_of<T>, 1), w = random_tensor(g.w_shape(), dtype_of<T>, 2);
  const Tensor dy = random_tensor(g.y_shape(), dtype_of<T>, 3);
  Tensor rows = Tensor::uninitialized({g.out_h * g.out_w, row_length(g)}, dtype_of<T>);
  im2col(g, 0, x.data<T>(), 0, g.out_h, rows.mutable_data<T>());
  Tensor y = Tensor::full(g.y_shape(), -9, dtype_of<T>), dw = Tensor::full(g.w_shape(), -9, dtype_of<T>);
  direct::conv2d(g, x.data<T>(), w.data<T>(), detail::Finish<T>(), y.mutable_data<T>());
  direct::conv2d_dw(g, x.data<T>(), dy.data<T>(), dw.mutable_data<T>());
  const Tensor flat_dy = dy.reshape({-1, g.filters});
  expect_near(y, matmul(rows, w.reshape({-1, g.filters})).to_vector(), dtype_of<T>);
  expect_near(dw, matmul(rows, flat_dy, {.a = true}).to_vector(), dtype_of<T>);
}

/// The input gradient of one image: one product gives the gradient of the whole matrix, and col2im folds it.
template <class T>
void check_input_against_matrix(const Conv2dGeometry& g) {
  ASSERT_TRUE(direct::dx_fits<T>(g));
  const Tensor w = random_tensor(g.w_shape(), dtype_of<T>, 2), dy = random_tensor(g.y_shape(), dtype_of<T>, 3);
  const Tensor rows = matmul(dy.reshape({-1, g.filters}), w.reshape({-1, g.filters}), {.b = true});
  Tensor expected = Tensor::zeros(g.x_shape(), dtype_of<T>), dx = Tensor::full(g.x_shape(), -9, dtype_of<T>);
  col2im(g, 0, rows.data<T>(), 0, g.out_h, expected.mutable_data<T>());
  direct::conv2d_dx(g, dy.data<T>(), w.data<T>(), dx.mutable_data<T>());
  expect_near(dx, expected.to_vector(), dtype_of<T>);
  Tensor by_image = Tensor::full(g.x_shape(), -9, dtype_of<T>);
  direct::conv2d_dx_image(g, dy.data<T>(), turned_weights(g, w.data<T>()).template data<T>(),
                          by_image.mutable_data<T>());
  EXPECT_EQ(by_image.to_vector(), dx.to_vector());
}

TEST(Conv2dDirect, EveryBlockWidthAndHeight) {
  for (int64_t width = 1; width <= 59; ++width) {
    for (const int64_t filters : {16, 32, 48, 64, 80, 144}) {
      const Conv2dOptions options{.stride_h = 1 + width % 2, .pads = {1, 0, width % 3, 0}};
      const int64_t height = 5 + width / 4 % 2, kernel_h = 2 + width / 2 % 2;
      const Conv2dGeometry g = Conv2dGeometry::of({1, height, width + 1, 3}, {kernel_h, 2, 3, filters}, options);
      check_against_matrix<float>(g);
      check_against_matrix<double>(g);
    }
  }
}

TEST(Conv2dDirect, InputGradientsOfEveryStrideKernelAndPadding) {
  for (int64_t code = 0; code < 4 * 4 * 5 * 5 * 3 * 3; ++code) {
    int64_t rest = code;
    const auto digit = [&](int64_t base) { return std::exchange(rest, rest / base) % base; };
    const int64_t stride_h = 1 + digit(4), stride_w = 1 + digit(4), kernel_h = 1 + digit(5), kernel_w = 1 + digit(5);
    const Pads pads{digit(3), code % 4, digit(3), code / 7 % 3};
    const Shape x = {1, 6 + code % 3, 5 + code % 5, 16}, w = {kernel_h, kernel_w, 16, 16};
    const Conv2dGeometry g = Conv2dGeometry::of(x, w, {.stride_h = stride_h, .stride_w = stride_w, .pads = pads});
    SCOPED_TRACE(::testing::PrintToString(std::vector{kernel_h, kernel_w, stride_h, stride_w, pads.top, pads.left}));
    check_input_against_matrix<float>(g);
  }
  check_input_against_matrix<double>(
      Conv2dGeometry::of({1, 2, 7, 16}, {5, 5, 16, 32}, {.stride_h = 3, .stride_w = 4, .pads = {2, 2, 2, 2}}));
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
