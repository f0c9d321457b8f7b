#include "gibbs/nn/layers/separable_conv2d.h"

namespace gibbs::nn::detail {

Conv2d depthwise_part(const SeparableConv2dOptions& options) {
  const auto& [in, out, kernel, stride, padding, dilation, depth_multiplier, bias] = options;
  check(in > 0 && out > 0 && depth_multiplier > 0,
        "separable_conv2d: in, out and depth_multiplier must be positive, not ", in, ", ", out, " and ",
        depth_multiplier);
  return Conv2d({.in = in,
                 .out = in * depth_multiplier,
                 .kernel = kernel,
                 .stride = stride,
                 .padding = padding,
                 .dilation = dilation,
                 .groups = in,
                 .bias = false});
}

Conv2d pointwise_part(const SeparableConv2dOptions& options) {
  return Conv2d({.in = options.in * options.depth_multiplier, .out = options.out, .kernel = 1, .bias = options.bias});
}

}  // namespace gibbs::nn::detail
