// A convolution as a matrix product: row p of the matrix holds everything that output pixel p looks at, in the order of
// the weights [KH, KW, C/groups], so that y = rows x w. Internal to the convolution kernels.
//
// Rows are made for a range of output lines (line l is line l % out_h of image l / out_h), which is how the callers
// keep them inside the cache. Nothing here knows about threads or products.
#pragma once

#include <cstdint>

#include "gibbs/tensor/kernels/conv2d_geometry.h"

namespace gibbs::kernels {

/// Columns of the matrix: KH KW C/groups.
inline std::int64_t row_length(const Conv2dGeometry& g) {
  return g.kernel_h * g.kernel_w * (g.channels / g.options.groups);
}

/// True for 1 x 1 with stride 1 and no padding: the images already are the matrix, with leading dimension C.
bool rows_are_the_images(const Conv2dGeometry& g);

/// rows[(last - first) out_w, row_length] of one group, from all images x; padding is written as zeros.
template <class T>
void im2col(const Conv2dGeometry& g, std::int64_t group, const T* x, std::int64_t first, std::int64_t last, T* rows);

/// The adjoint: adds every element of rows to the place of dx (all images) it was taken from.
template <class T>
void col2im(const Conv2dGeometry& g, std::int64_t group, const T* rows, std::int64_t first, std::int64_t last, T* dx);

}  // namespace gibbs::kernels
