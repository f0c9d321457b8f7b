#include "gibbs/nn/layers/adaptive_avg_pool2d.h"

#include "gibbs/autograd/ops/resample2d.h"
#include "gibbs/nn/detail/check_input.h"

namespace gibbs::nn {

using kernels::AxisWeights;

AdaptiveAvgPool2d::AdaptiveAvgPool2d(const AdaptiveAvgPool2dOptions& options) : size_(options.size) {
  check_size("AdaptiveAvgPool2d", "the size", size_);
}

std::string AdaptiveAvgPool2d::describe() const { return "AdaptiveAvgPool2d(" + to_string(size_) + ")"; }

std::unique_ptr<Module> AdaptiveAvgPool2d::share() const { return std::make_unique<AdaptiveAvgPool2d>(*this); }

double AdaptiveAvgPool2d::flops(const Shape& input, const Shape& /*output*/) const {
  const auto taps = [](std::int64_t inputs, std::int64_t outputs) {
    return static_cast<double>(AxisWeights::means(inputs, outputs).taps());
  };
  return static_cast<double>(input[0] * input[3]) * taps(input[1], size_.h) * taps(input[2], size_.w);
}

Variable AdaptiveAvgPool2d::forward(const Variable& x) {
  check_images("AdaptiveAvgPool2d", x);
  return resample2d(x, AxisWeights::means(x.size(1), size_.h), AxisWeights::means(x.size(2), size_.w));
}

}  // namespace gibbs::nn
