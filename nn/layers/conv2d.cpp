// The layer around the op conv2d. The op wants numbers for everything, the layer also takes "same" and "valid" padding,
// which depend on the input's size and are worked out at every call (window2d.h).
#include "gibbs/nn/layers/conv2d.h"

#include <fmt/format.h>

#include <utility>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv2d.h"
#include "gibbs/nn/detail/check_input.h"

namespace gibbs::nn {

Conv2d::Conv2d(Conv2dOptions options) : options_(std::move(options)) {
  const auto& [in, out, kernel, stride, padding, dilation, groups, bias, weight_init] = options_;
  check_channels("Conv2d", in, out, groups);
  check_window("Conv2d", window());
  const std::int64_t taps = kernel.h * kernel.w;
  weight_ = Parameter::pending({kernel.h, kernel.w, in / groups, out}, weight_init, taps * (in / groups),
                               taps * (out / groups));
  if (bias) {
    bias_ = Parameter(Tensor::zeros({out}));
  }
}

void Conv2d::visit(ModuleVisitor& visitor) {
  visitor.parameter("weight", weight_);
  if (bias_.defined()) {
    visitor.parameter("bias", bias_);
  }
}

std::string Conv2d::describe() const {
  return fmt::format("Conv2d({} -> {}, kernel {}", options_.in, options_.out, to_string(options_.kernel)) +
         unless_usual("stride", to_string(options_.stride), "1x1") +
         unless_usual("padding", to_string(options_.padding), "valid") +
         unless_usual("dilation", to_string(options_.dilation), "1x1") +
         unless_usual("groups", std::to_string(options_.groups), "1") + (options_.bias ? ")" : ", no bias)");
}

double Conv2d::flops(const Shape& /*input*/, const Shape& output) const {
  const std::int64_t products = options_.kernel.h * options_.kernel.w * (options_.in / options_.groups);
  return 2.0 * static_cast<double>(products) * static_cast<double>(output.numel());
}

bool Conv2d::accepts(const Variable& x) const {
  return x.rank() == 4 && x.size(3) == options_.in && !weight_.is_pending() && x.dtype() == weight_.dtype();
}

kernels::Conv2dOptions Conv2d::kernel_options(const Shape& x) const {
  return {.stride_h = options_.stride.h,
          .stride_w = options_.stride.w,
          .pads = pads_of("Conv2d", window(), x, options_.in),
          .dilation_h = options_.dilation.h,
          .dilation_w = options_.dilation.w,
          .groups = options_.groups};
}

std::unique_ptr<Module> Conv2d::share() const { return std::make_unique<Conv2d>(*this); }

Variable Conv2d::forward(const Variable& x) { return forward(x, kernels::Activation::identity); }

Variable Conv2d::activated(const Variable& x, kernels::Activation activation) {
  return run([&] { return forward(x, activation); }, x);
}

Variable Conv2d::forward(const Variable& x, kernels::Activation activation) {
  check_parameter("Conv2d", x, weight_);
  return conv2d(x, weight_, bias_.defined() ? bias_.variable() : Variable(), kernel_options(x.shape()), activation);
}

}  // namespace gibbs::nn
