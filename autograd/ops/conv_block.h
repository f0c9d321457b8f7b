// The convolution block as one op: a fast joint kernel beside the same function spelled in plain ops.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/kernels/conv_block.h"

namespace gibbs {

/// y = max_pool2d(relu(conv2d(x, w) + bias)): x [N, H, W, C], w [KH, KW, C, O], bias [O].
/// For geometries that kernels::conv_block_fits. nn::Sequential uses it where Conv2d, ReLU and MaxPool2d stand in a
/// row.
Variable conv_block(const Variable& x, const Variable& w, const Variable& bias,
                    const kernels::ConvBlockGeometry& geometry);

}  // namespace gibbs
