// separable_conv2d: a convolution in two: a kernel for every channel alone (depthwise), and then a mixture of channels
// at every pixel (pointwise), for KH KW in + in out products a pixel in place of KH KW in out. Keras' SeparableConv2D.
//
//   separable_conv2d({.in = 32, .out = 64, .kernel = 3, .padding = 1})
//   separable_conv2d({.in = 32, .out = 64, .kernel = 3, .padding = 1, .bias = false}, BatchNorm({.features = 32}),
//   ReLU())
//
// It is a Sequential of two Conv2d, "0" and the last, and what is given stands between them: the second is MobileNet's
// block, to be followed by a BatchNorm and a ReLU of the 64. Source: Howard et al. 2017,
// https://arxiv.org/abs/1704.04861.
#pragma once

#include <utility>

#include "gibbs/nn/layers/conv2d.h"
#include "gibbs/nn/sequential.h"

namespace gibbs::nn {

struct SeparableConv2dOptions {
  std::int64_t in;
  std::int64_t out;
  Size2d kernel;
  Size2d stride = 1;
  Padding padding = Padding::valid;
  Size2d dilation = 1;
  std::int64_t depth_multiplier = 1;  // channels between the two, for each channel that goes in
  bool bias = true;                   // of the pointwise convolution; the depthwise one has none, as in Keras
};

namespace detail {

Conv2d depthwise_part(const SeparableConv2dOptions& options);
Conv2d pointwise_part(const SeparableConv2dOptions& options);

}  // namespace detail

/// x: [N, H, W, in] to [N, OH, OW, out].
template <std::derived_from<Layer>... Between>
Sequential separable_conv2d(const SeparableConv2dOptions& options, Between... between) {
  Sequential block;
  block.add(detail::depthwise_part(options));
  (block.add(std::move(between)), ...);
  block.add(detail::pointwise_part(options));
  return block;
}

}  // namespace gibbs::nn
