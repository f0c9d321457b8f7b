// Max and average pooling on NHWC images: any window, stride and padding, overlapping too.
//
// Max pooling saves its routing: for every output the position of its winner inside the window (ties go to the first in
// row-major order). Given a routing, pooling is a linear map, and routing back is its adjoint.
#pragma once

#include "gibbs/tensor/kernels/conv2d.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

struct Pool2dOptions {
  std::int64_t window_h = 2, window_w = 2;
  std::int64_t stride_h = 2, stride_w = 2;
  Pads pads = {};
  bool count_padding = false;  // of means: whether padding counts, as zeros
};

struct Pool2dGeometry {
  std::int64_t images, height, width, channels;
  std::int64_t out_h, out_w;
  Pool2dOptions options;

  /// From x [N, H, W, C]. Throws, in the name of `op`, when a window could lie wholly in the padding or does not fit.
  static Pool2dGeometry of(const Shape& x, const Pool2dOptions& options, const char* op = "pool2d");
  Shape x_shape() const { return {images, height, width, channels}; }
  Shape y_shape() const { return {images, out_h, out_w, channels}; }
};

struct MaxPooled {
  Tensor y;
  Tensor
      routing;  // winner's position in its window, row-major: uint8 when the window has at most 256 places, else int64
};
/// Largest element of each window; padding never wins; a NaN in the window wins.
MaxPooled max_pool2d(const Tensor& x, const Pool2dGeometry& geometry);
/// The elements that a saved routing points to: max pooling replayed, linear in x.
Tensor max_pool2d_gather(const Tensor& x, const Tensor& routing, const Pool2dGeometry& geometry);
/// dx with each dy added at its winner: the adjoint of max_pool2d_gather.
Tensor max_pool2d_scatter(const Tensor& dy, const Tensor& routing, const Pool2dGeometry& geometry);

/// Mean of each window, of numbers of any size; padding is not counted, as in Keras, unless options.count_padding.
Tensor avg_pool2d(const Tensor& x, const Pool2dGeometry& geometry);
Tensor avg_pool2d_dx(const Tensor& dy, const Pool2dGeometry& geometry);

}  // namespace gibbs::kernels
