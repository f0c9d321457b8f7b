// Pooling on NHWC images.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/kernels/pool2d.h"

namespace gibbs {

/// Largest element of each window (the first of equal ones).   dx = dy added at the winners.
Variable max_pool2d(const Variable& x, const kernels::Pool2dOptions& options = {});
/// Mean of each window, padding not counted unless the options say so.   dx = dy / count spread over the windows.
Variable avg_pool2d(const Variable& x, const kernels::Pool2dOptions& options = {});

}  // namespace gibbs
