#include "depthwise_conv2d.h"

using namespace gibbs;

DepthwiseConv2d::DepthwiseConv2d(const DepthwiseConv2dOptions& options) : options_(options) {
  const auto& [channels, kernel, stride, padding, bias] = options_;
  check(channels > 0, "DepthwiseConv2d: channels must be positive, not ", channels);
  nn::check_window("DepthwiseConv2d", {kernel, stride, padding});
  const std::int64_t taps = kernel.h * kernel.w;
  weight_ = Parameter::pending({kernel.h, kernel.w, 1, channels}, nn::glorot_uniform, taps, taps);
  if (bias) {
    bias_ = Parameter(Tensor::zeros({channels}));
  }
}

void DepthwiseConv2d::visit(nn::ModuleVisitor& visitor) {
  visitor.parameter("weight", weight_);
  if (bias_.defined()) {
    visitor.parameter("bias", bias_);
  }
}

std::string DepthwiseConv2d::describe() const {
  return "DepthwiseConv2d(" + std::to_string(options_.channels) + ", kernel " + nn::to_string(options_.kernel) + ")";
}

Variable DepthwiseConv2d::forward(const Variable& x) {
  const auto& [channels, kernel, stride, padding, bias] = options_;
  const Variable y = conv2d(x, weight_,
                            {.stride_h = stride.h,
                             .stride_w = stride.w,
                             .pads = nn::pads_of("DepthwiseConv2d", {kernel, stride, padding}, x.shape(), channels),
                             .groups = channels});
  return bias ? y + bias_ : y;
}
