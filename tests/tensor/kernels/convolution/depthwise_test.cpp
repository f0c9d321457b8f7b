// Depthwise kernels against the dense convolution whose weights are zero between different channels; which geometries
// take them. conv2d_test.cpp holds them against loops by the definition.
#include "gibbs/tensor/kernels/convolution/depthwise.h"

#include <gtest/gtest.h>

#include "gibbs/tensor/kernels/conv2d.h"
#include "tests/tensor/kernels/convolution_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

/// w [KH, KW, 1, C] as [KH, KW, C, C].
Tensor as_dense(const Tensor& w) {
  const int64_t channels = w.size(3);
  Tensor dense = Tensor::zeros({w.size(0), w.size(1), channels, channels}, DType::float64);
  for (int64_t y = 0; y < w.size(0); ++y) {
    for (int64_t x = 0; x < w.size(1); ++x) {
      for (int64_t c = 0; c < channels; ++c) {
        dense.set({y, x, c, c}, w.at({y, x, 0, c}));
      }
    }
  }
  return dense;
}

TEST(Conv2dDepthwise, IsTheDenseConvolutionWithoutTheOtherChannels) {
  for (const Conv2dOptions& options :
       {Conv2dOptions{.groups = 37}, Conv2dOptions{.stride_h = 2, .pads = {1, 1, 1, 1}, .groups = 37},
        Conv2dOptions{.stride_w = 3, .pads = {0, 2, 4, 1}, .dilation_h = 2, .dilation_w = 3, .groups = 37}}) {
    const Conv2dGeometry g = Conv2dGeometry::of({3, 21, 19, 37}, {3, 3, 1, 37}, options);
    ASSERT_TRUE(depthwise::fits(g));
    Conv2dOptions dense_options = options;
    dense_options.groups = 1;
    const Conv2dGeometry dense = Conv2dGeometry::of({3, 21, 19, 37}, {3, 3, 37, 37}, dense_options);
    const Tensor x = random_tensor(g.x_shape(), DType::float64, 1), w = random_tensor(g.w_shape(), DType::float64, 2);
    const Tensor dy = random_tensor(g.y_shape(), DType::float64, 3);
    expect_near(conv2d(x, w, g), conv2d(x, as_dense(w), dense).to_vector(), DType::float64);
    expect_near(conv2d_dx(dy, w, g), conv2d_dx(dy, as_dense(w), dense).to_vector(), DType::float64);
    const Tensor dw = conv2d_dw(x, dy, g), dense_dw = conv2d_dw(x, dy, dense);
    std::vector<double> diagonal;
    for (int64_t tap = 0; tap < 9; ++tap) {
      for (int64_t c = 0; c < 37; ++c) {
        diagonal.push_back(dense_dw.at({tap / 3, tap % 3, c, c}));
      }
    }
    expect_near(dw, diagonal, DType::float64);
  }
}

TEST(Conv2dDepthwise, TheSameBitsOnAnyNumberOfThreads) {
  const Conv2dGeometry g = Conv2dGeometry::of({4, 40, 40, 64}, {3, 3, 1, 64}, {.pads = {1, 1, 1, 1}, .groups = 64});
  const Tensor x = random_tensor(g.x_shape(), DType::float32, 1), w = random_tensor(g.w_shape(), DType::float32, 2);
  const Tensor dy = random_tensor(g.y_shape(), DType::float32, 3);
  expect_same_bits_on_any_threads([&] {
    return std::vector<Tensor>{conv2d(x, w, g), conv2d_dx(dy, w, g), conv2d_dw(x, dy, g)};
  });
}

TEST(Conv2dDepthwise, TakesOneFilterPerChannel) {
  const auto fits = [](const Shape& x, const Shape& w, const Conv2dOptions& options) {
    return depthwise::fits(Conv2dGeometry::of(x, w, options));
  };
  EXPECT_TRUE(fits({1, 8, 8, 5}, {3, 3, 1, 5}, {.groups = 5}));
  EXPECT_FALSE(fits({1, 8, 8, 5}, {3, 3, 1, 10}, {.groups = 5})) << "two filters per channel";
  EXPECT_FALSE(fits({1, 8, 8, 6}, {3, 3, 2, 6}, {.groups = 3}));
  EXPECT_FALSE(fits({1, 8, 8, 1}, {3, 3, 1, 1}, {})) << "one channel is an ordinary convolution";
}

}  // namespace
}  // namespace gibbs::kernels
