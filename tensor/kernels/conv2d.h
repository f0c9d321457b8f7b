// Two-dimensional convolution (cross-correlation, as in every framework) on NHWC images.
//
// One trilinear form <dy, conv(x, w)> has three kernels, and the gradient of each is made of the other two:
//   y  = conv2d(x, w)        [N, OH, OW, O]
//   dx = conv2d_dx(dy, w)    [N, H, W, C]
//   dw = conv2d_dw(x, dy)    [KH, KW, C/groups, O]
// One Conv2dGeometry serves all three, since stride alone loses the input size. The algorithms in convolution/ have the
// same three under the same names, each for the geometries that it `fits`.
#pragma once

#include "gibbs/tensor/kernels/activation.h"
#include "gibbs/tensor/kernels/conv2d_geometry.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// With an epilogue f(y scale + shift), of O channels, where there is one.
Tensor conv2d(const Tensor& x, const Tensor& w, const Conv2dGeometry& geometry, const Epilogue& epilogue = {});
Tensor conv2d_dx(const Tensor& dy, const Tensor& w, const Conv2dGeometry& geometry);
Tensor conv2d_dw(const Tensor& x, const Tensor& dy, const Conv2dGeometry& geometry);

}  // namespace gibbs::kernels
