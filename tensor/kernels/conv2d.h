// Two-dimensional convolution (cross-correlation, as in every framework) on NHWC images.
//
// One trilinear form <dy, conv(x, w)> has three kernels, and the gradient of each is made of the other two:
//   y  = conv2d(x, w)        [N, OH, OW, O]
//   dx = conv2d_dx(dy, w)    [N, H, W, C]
//   dw = conv2d_dw(x, dy)    [KH, KW, C/groups, O]
// One Conv2dGeometry serves all three, since stride alone loses the input size.
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

struct Pads {
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;
};

/// Options of a convolution, as users give them.
struct Conv2dOptions {
  std::int64_t stride_h = 1, stride_w = 1;
  Pads pads = {};
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t groups = 1;
};

/// Everything about one convolution but its numbers. Checked when made.
struct Conv2dGeometry {
  std::int64_t images, height, width, channels;  // x [images, height, width, channels]
  std::int64_t kernel_h, kernel_w, filters;      // w [kernel_h, kernel_w, channels / groups, filters]
  std::int64_t out_h, out_w;                     // y [images, out_h, out_w, filters]
  Conv2dOptions options;

  /// From the shapes of x and w. Throws when they do not fit each other or the kernel does not fit the padded image.
  static Conv2dGeometry of(const Shape& x, const Shape& w, const Conv2dOptions& options);
  Shape x_shape() const { return {images, height, width, channels}; }
  Shape w_shape() const { return {kernel_h, kernel_w, channels / options.groups, filters}; }
  Shape y_shape() const { return {images, out_h, out_w, filters}; }
  /// Of each of the three kernels; a multiply-add is two.
  double flops() const {
    const std::int64_t of_output = kernel_h * kernel_w * (channels / options.groups);
    return 2.0 * static_cast<double>(of_output) * static_cast<double>(y_shape().numel());
  }
};

Tensor conv2d(const Tensor& x, const Tensor& w, const Conv2dGeometry& geometry);
Tensor conv2d_dx(const Tensor& dy, const Tensor& w, const Conv2dGeometry& geometry);
Tensor conv2d_dw(const Tensor& x, const Tensor& dy, const Conv2dGeometry& geometry);

}  // namespace gibbs::kernels
