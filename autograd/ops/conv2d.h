// Convolution on NHWC images. One trilinear form, three ops, the gradient of each made of the other two.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/kernels/conv2d.h"

namespace gibbs {

/// y [N, OH, OW, O] = x [N, H, W, C] convolved with w [KH, KW, C/groups, O].   dx = conv2d_dx(dy, w), dw = conv2d_dw(x,
/// dy).
Variable conv2d(const Variable& x, const Variable& w, const kernels::Conv2dOptions& options = {});

/// y = f(conv2d(x, w) + bias) in one op: bias [O] or undefined, f an activation. Of one whose gradient needs more than
/// y (gelu, silu), two ops are made where a gradient may be asked for. With d = dy f': dbias = sum of d.
Variable conv2d(const Variable& x, const Variable& w, const Variable& bias, const kernels::Conv2dOptions& options,
                kernels::Activation activation = kernels::Activation::identity);

/// The transposed convolution: linear in dy and in w.
Variable conv2d_dx(const Variable& dy, const Variable& w, const kernels::Conv2dGeometry& geometry);
/// The correlation of images with gradients: linear in x and in dy.
Variable conv2d_dw(const Variable& x, const Variable& dy, const kernels::Conv2dGeometry& geometry);

}  // namespace gibbs
