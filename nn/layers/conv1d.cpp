#include "gibbs/nn/layers/conv1d.h"

#include <fmt/format.h>

#include <utility>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv2d.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

Conv1d::Conv1d(Conv1dOptions options) : options_(std::move(options)) {
  const auto& [in, out, kernel, stride, padding, dilation, groups, bias, weight_init] = options_;
  check_channels("Conv1d", in, out, groups);
  const auto& [top, bottom, left, right] = padding.pads();
  check(top == bottom && (top == 0 || (top == left && left == right)), "Conv1d: padding is ", to_string(padding),
        ", but a sequence has two ends; give one number for both, or {0, 0, before, after}");
  check_window("Conv1d", window());
  weight_ =
      Parameter::pending({kernel, in / groups, out}, weight_init, kernel * (in / groups), kernel * (out / groups));
  if (bias) {
    bias_ = Parameter(Tensor::zeros({out}));
  }
}

Window2d Conv1d::window() const {
  const auto& [top, bottom, left, right] = options_.padding.pads();
  return {{1, options_.kernel},
          {1, options_.stride},
          options_.padding.is_same() ? Padding::same : Padding(0, 0, left, right),
          {1, options_.dilation}};
}

void Conv1d::visit(ModuleVisitor& visitor) {
  visitor.parameter("weight", weight_);
  if (bias_.defined()) {
    visitor.parameter("bias", bias_);
  }
}

std::string Conv1d::describe() const {
  return fmt::format("Conv1d({} -> {}, kernel {}", options_.in, options_.out, options_.kernel) +
         unless_usual("stride", std::to_string(options_.stride), "1") +
         unless_usual("padding", to_string(options_.padding), "valid") +
         unless_usual("dilation", std::to_string(options_.dilation), "1") +
         unless_usual("groups", std::to_string(options_.groups), "1") + (options_.bias ? ")" : ", no bias)");
}

std::unique_ptr<Module> Conv1d::share() const { return std::make_unique<Conv1d>(*this); }

double Conv1d::flops(const Shape& /*input*/, const Shape& output) const {
  return 2.0 * static_cast<double>(options_.kernel * (options_.in / options_.groups)) *
         static_cast<double>(output.numel());
}

kernels::Pads Conv1d::pads(const Shape& x) const {
  check(x.rank() == 3 && x[2] == options_.in, "Conv1d: ", forward_name(), " expects [N, L, ", options_.in,
        "], received ", x);
  const auto& [top, bottom, left, right] = options_.padding.pads();
  const std::int64_t span = (options_.kernel - 1) * options_.dilation + 1, padded = x[1] + left + right;
  check(options_.padding.is_same() ? x[1] > 0 : span <= padded, "Conv1d: ", forward_name(), " needs a length of ",
        options_.padding.is_same() ? 1 : span, " after padding, received ", x, " padded to ", padded);
  return pads_of("Conv1d", window(), {x[0], 1, x[1], x[2]});
}

Variable Conv1d::forward(const Variable& x) {
  const Shape& shape = x.shape();
  const kernels::Conv2dOptions as_rows = {
      .stride_w = options_.stride, .pads = pads(shape), .dilation_w = options_.dilation, .groups = options_.groups};
  check_parameter("Conv1d", x, weight_);
  const Variable rows = reshape(x, {shape[0], 1, shape[1], shape[2]});
  const Variable y = conv2d(rows, reshape(weight_, Shape{1}.followed_by(weight_.shape())), as_rows);
  const Variable sequences = reshape(y, y.shape().without(1));
  return bias_.defined() ? sequences + bias_ : sequences;
}

}  // namespace gibbs::nn
