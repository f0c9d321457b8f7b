// The matrix of a convolution: its rows spelled out once, and both directions against each other.
#include "gibbs/tensor/kernels/convolution/im2col.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tensor/kernels/convolution_testing.h"

namespace gibbs::kernels {
namespace {

using ::testing::ElementsAre;

TEST(Im2col, ARowIsWhatOnePixelLooksAt) {
  const Conv2dGeometry g = Conv2dGeometry::of({1, 2, 3, 2}, {2, 2, 1, 2}, {.pads = {.left = 1}, .groups = 2});
  const Tensor x = Tensor::arange(0, 12);  // pixel p holds 2 p and 2 p + 1
  Tensor rows = Tensor::full({3, 4}, -1);
  im2col(g, 1, x.data<float>(), 0, 1, rows.mutable_data<float>());
  EXPECT_THAT(rows.to_vector(), ElementsAre(0, 1, 0, 7, 1, 3, 7, 9, 3, 5, 9, 11));
}

TEST(Im2col, Col2imIsItsAdjointLineByLine) {
  for (const Conv2dOptions& options :
       {Conv2dOptions{}, Conv2dOptions{.stride_h = 2, .pads = {1, 2, 0, 1}, .dilation_w = 2, .groups = 2}}) {
    const Conv2dGeometry g = Conv2dGeometry::of({2, 6, 7, 4}, {3, 2, 4 / options.groups, 2}, options);
    const Tensor x = random_tensor(g.x_shape(), DType::float64, 1);
    const std::int64_t first = g.out_h - 2, last = g.out_h + 1;  // lines of both images
    const Tensor r = random_tensor({(last - first) * g.out_w, row_length(g)}, DType::float64, 2);
    Tensor rows = Tensor::zeros(r.shape(), DType::float64), dx = Tensor::zeros(g.x_shape(), DType::float64);
    im2col(g, options.groups - 1, x.data<double>(), first, last, rows.mutable_data<double>());
    col2im(g, options.groups - 1, r.data<double>(), first, last, dx.mutable_data<double>());
    EXPECT_NE(inner_product(rows, r), 0);
    EXPECT_NEAR(inner_product(rows, r), inner_product(x, dx), 1e-12);
  }
}

TEST(Im2col, OneByOneNeedsNoMatrix) {
  EXPECT_TRUE(rows_are_the_images(Conv2dGeometry::of({1, 4, 4, 2}, {1, 1, 2, 3}, {})));
  EXPECT_FALSE(rows_are_the_images(Conv2dGeometry::of({1, 4, 4, 2}, {1, 1, 2, 3}, {.stride_w = 2})));
  EXPECT_FALSE(rows_are_the_images(Conv2dGeometry::of({1, 4, 4, 2}, {1, 1, 2, 3}, {.stride_h = 2, .pads = {2, 2}})));
  EXPECT_FALSE(rows_are_the_images(Conv2dGeometry::of({1, 4, 4, 2}, {2, 1, 2, 3}, {.pads = {.top = 1}})));
}

}  // namespace
}  // namespace gibbs::kernels
