// Resampling of NHWC images: enlarging, and adaptive average pooling.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/kernels/resample2d.h"

namespace gibbs {

/// y[n, i, j, c] = sum_h sum_w rows(i, h) columns(j, w) x[n, h, w, c].   dx = the same of dy, with transposed weights.
///
///   resample2d(x, kernels::AxisWeights::linear(8, 16), kernels::AxisWeights::nearest(8, 24))
Variable resample2d(const Variable& x, const kernels::AxisWeights& rows, const kernels::AxisWeights& columns);

}  // namespace gibbs
