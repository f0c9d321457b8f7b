// Resizing pictures with one separable filter, the triangle: bilinear when it grows, an average when it shrinks.
#pragma once

#include "gibbs/data/image.h"

namespace gibbs::data {

/// image: uint8 [H, W, C] -> uint8 [size.height, size.width, C]. Bilinear when it grows; when it shrinks, the triangle
/// widens to cover all source pixels, so nothing aliases (as in PIL's BILINEAR).
Tensor resize(const Tensor& image, const ImageSize& size);

}  // namespace gibbs::data
