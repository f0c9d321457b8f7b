// The convolution block, max_pool2d(relu(conv2d(x, w) + bias)), as one kernel that works image by image.
//
// The cost of the article's network is memory traffic, not arithmetic: conv1's output alone is 28.8 MB for a batch of
// 250. Here an image's convolution (115 KB) stays in the second-level cache; only the pooled result and one byte of
// routing per result reach memory, and the gradient rebuilds what it needs from these, again image by image.
#pragma once

#include "gibbs/tensor/kernels/conv2d.h"
#include "gibbs/tensor/kernels/pool2d.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

struct ConvBlockGeometry {
  Conv2dGeometry conv;
  Pool2dGeometry pool;

  /// From the shapes of x and w, as for conv2d and max_pool2d.
  static ConvBlockGeometry of(const Shape& x, const Shape& w, const Conv2dOptions& conv, const Pool2dOptions& pool);
};

/// Whether this kernel handles the geometry: 2 x 2 pooling without padding over a convolution that convolution/direct.h
/// handles.
bool conv_block_fits(const ConvBlockGeometry& geometry, DType dtype);

/// Routing of a result that relu set to zero: its gradient goes nowhere.
inline constexpr std::uint8_t kNoWinner = 4;

struct ConvBlockResult {
  Tensor y;        // [N, OH, OW, O]
  Tensor routing;  // uint8, y's shape: the winner's place in its window (of equal ones the first), or kNoWinner
};
ConvBlockResult conv_block(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvBlockGeometry& geometry);

/// The gradients from dy [N, OH, OW, O], along the routes that the forward pass took: dx [N, H, W, C], dw
/// [KH, KW, C, O], dbias [O].
struct ConvBlockGradients {
  Tensor dx, dw, dbias;  // undefined where not wanted
};
struct ConvBlockWanted {
  bool dx, dw, dbias;
};
ConvBlockGradients conv_block_gradients(const Tensor& x, const Tensor& w, const Tensor& routing, const Tensor& dy,
                                        const ConvBlockGeometry& geometry, const ConvBlockWanted& wanted);

}  // namespace gibbs::kernels
