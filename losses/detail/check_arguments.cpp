#include "gibbs/losses/detail/check_arguments.h"

#include <cmath>
#include <vector>

#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {

void check_label_smoothing(const char* op, double s) {
  check(s >= 0 && s <= 1, op, ": label_smoothing is ", s, "; it is a part of 1, in [0, 1]");
}

void check_gamma(const char* op, double gamma) {
  check(std::isfinite(gamma) && gamma >= 0, op, ": gamma is ", gamma, "; it is finite and at least 0");
}

void check_alpha(const char* op, double alpha) {
  check(alpha >= 0 && alpha <= 1, op, ": alpha is ", alpha, "; yes and no share 1, so it is in [0, 1]");
}

void check_nonnegative(const char* op, const char* what, const Tensor& x) {
  const std::int64_t classes = x.size(-1);
  dispatch_floating(x.dtype(), op, [&](auto zero) {
    const auto* value = x.data<decltype(zero)>();
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      check(value[i] >= 0 && std::isfinite(value[i]), op, ": ", what, " row ", i / classes, " has ", value[i],
            " for class ", i % classes, "; measures are finite and at least 0");
    }
  });
}

Tensor checked_weights(const char* op, const char* name, const Tensor& weights, DType dtype) {
  const std::vector<double> w = weights.to_vector();
  for (std::size_t i = 0; i < w.size(); ++i) {
    check(std::isfinite(w[i]) && w[i] >= 0, op, ": ", name, "[", i, "] is ", w[i],
          "; weights are finite and at least 0");
  }
  return weights.dtype() == dtype ? weights : kernels::cast(weights, dtype);
}

Tensor checked_alpha(const char* op, const Tensor& alpha, std::int64_t classes, DType dtype) {
  check(alpha.rank() == 0 || alpha.shape() == Shape{classes}, op, ": alpha is ", alpha.shape(), "; ", classes,
        " classes need shape [", classes, "], or one number []");
  return checked_weights(op, "alpha", alpha, dtype);
}

Tensor checked_weights(const char* op, const char* name, const Tensor& weights, const Shape& shape, const char* things,
                       DType dtype) {
  if (!weights.defined()) {
    return {};
  }
  check(weights.shape() == shape, op, ": ", name, " are ", weights.shape(), "; ", shape.numel(), " ", things,
        " need shape ", shape);
  return checked_weights(op, name, weights, dtype);
}

}  // namespace gibbs::losses
