// Conv2dGeometry: everything about one convolution but its numbers. Made and checked once, from shapes and options; all
// kernels of convolution, forward and backward, take it from there.
#pragma once

#include "gibbs/tensor/shape.h"

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

}  // namespace gibbs::kernels
