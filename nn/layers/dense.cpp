// A layer in full: options are checked once, in the constructor; `visit` names the parameters; `forward` calls ops.
// Any number of leading axes is folded into rows, since the op multiplies matrices.
#include "gibbs/nn/layers/dense.h"

#include <fmt/format.h>

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

Dense::Dense(const DenseOptions& options) : options_(options) {
  check(options.in > 0 && options.out > 0, "Dense: in and out must be positive, not ", options.in, " and ",
        options.out);
  weight_ = Parameter::pending({options.in, options.out}, options.weight_init, options.in, options.out);
  if (options.bias) {
    bias_ = Parameter(Tensor::zeros({options.out}));
  }
}

void Dense::visit(ModuleVisitor& visitor) {
  visitor.parameter("weight", weight_);
  if (bias_.defined()) {
    visitor.parameter("bias", bias_);
  }
}

std::string Dense::describe() const {
  return fmt::format("Dense({} -> {}{})", options_.in, options_.out, options_.bias ? "" : ", no bias");
}

double Dense::flops(const Shape& /*input*/, const Shape& output) const {
  return 2.0 * static_cast<double>(options_.in) * static_cast<double>(output.numel());
}

std::unique_ptr<Module> Dense::share() const { return std::make_unique<Dense>(*this); }

Variable Dense::forward(const Variable& x) { return forward(x, kernels::Activation::identity); }

Variable Dense::activated(const Variable& x, kernels::Activation activation) {
  return run([&] { return forward(x, activation); }, x);
}

Variable Dense::forward(const Variable& x, kernels::Activation activation) {
  check(x.rank() >= 2 && x.size(-1) == options_.in, "Dense: ", forward_name(), " expects [N, ", options_.in,
        "], received ", x.shape(), x.rank() > 2 ? "; put a Flatten before it" : "");
  check_parameter("Dense", x, weight_);
  const Variable bias = bias_.defined() ? bias_.variable() : Variable();
  const Shape rows{x.numel() / options_.in, options_.in};
  const Shape result = x.shape().sub(0, x.rank() - 1).followed_by({options_.out});
  return reshape(dense(reshape(x, rows), weight_, bias, activation), result);
}

}  // namespace gibbs::nn
