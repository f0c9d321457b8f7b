#include "gibbs/nn/layers/residual.h"

#include "gibbs/autograd/ops/activations.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

void Residual::visit(ModuleVisitor& visitor) {
  visitor.child("inner", *inner_);
  if (shortcut_) {
    visitor.child("shortcut", *shortcut_);
  }
}

std::unique_ptr<Module> Residual::share() const { return std::make_unique<Residual>(*this); }

double Residual::flops(const Shape& /*input*/, const Shape& output) const {
  return static_cast<double>(output.numel());
}

Variable Residual::forward(const Variable& x) { return forward(x, kernels::Activation::identity); }

Variable Residual::activated(const Variable& x, kernels::Activation activation) {
  return run([&] { return forward(x, activation); }, x);
}

Variable Residual::forward(const Variable& x, kernels::Activation activation) {
  const Variable y = (*inner_)(x), past = shortcut_ ? (*shortcut_)(x) : x;
  check(y.shape() == past.shape() && y.dtype() == past.dtype(), "Residual: ", forward_name(), " cannot add inner(x) ",
        y.dtype(), " ", y.shape(), " to ", shortcut_ ? "shortcut(x) " : "x ", past.dtype(), " ", past.shape(),
        shortcut_ ? "; change one of both, so that they are equal"
                  : "; give a second layer, the shortcut, that changes x likewise, such as a Conv2d with a 1x1 kernel "
                    "and the inner layers' stride");
  return activation == kernels::Activation::identity ? y + past : activated_sum(y, past, activation);
}

}  // namespace gibbs::nn
