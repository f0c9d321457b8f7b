#include "gibbs/autograd/ops/math.h"

#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs {

Variable exp(const Variable& x) {
  return record("exp", kernels::exp(x.value()), wrt(x, [](const Variable& y, const Variable& dy) { return dy * y; }));
}

Variable expm1(const Variable& x) {
  return record("expm1", kernels::expm1(x.value()),
                wrt(x, [](const Variable& y, const Variable& dy) { return dy * (y + 1.0); }));
}

Variable log(const Variable& x) {
  return record("log", kernels::log(x.value()), wrt(x, [x](const Variable& dy) { return dy / x; }));
}

Variable log1p(const Variable& x) {
  return record("log1p", kernels::log1p(x.value()), wrt(x, [x](const Variable& dy) { return dy / (x + 1.0); }));
}

Variable sqrt(const Variable& x) {
  return record("sqrt", kernels::sqrt(x.value()),
                wrt(x, [](const Variable& y, const Variable& dy) { return dy / (y * 2.0); }));
}

Variable square(const Variable& x) {
  return record("square", kernels::mul(x.value(), x.value()), wrt(x, [x](const Variable& dy) { return dy * x * 2.0; }));
}

Variable sin(const Variable& x) {
  return record("sin", kernels::sin(x.value()), wrt(x, [x](const Variable& dy) { return dy * cos(x); }));
}

Variable cos(const Variable& x) {
  return record("cos", kernels::cos(x.value()), wrt(x, [x](const Variable& dy) { return -(dy * sin(x)); }));
}

Variable tanh(const Variable& x) {
  return record("tanh", kernels::tanh(x.value()),
                wrt(x, [](const Variable& y, const Variable& dy) { return dy * (1.0 - y * y); }));
}

Variable sigmoid(const Variable& x) {
  return record("sigmoid", kernels::sigmoid(x.value()),
                wrt(x, [](const Variable& y, const Variable& dy) { return dy * y * (1.0 - y); }));
}

Variable erf(const Variable& x) {
  return record("erf", kernels::erf(x.value()),
                wrt(x, [x](const Variable& dy) { return dy * exp(-square(x)) * (2 * std::numbers::inv_sqrtpi); }));
}

Variable relu(const Variable& x) {
  const Tensor value = kernels::relu(x.value());
  // The mask is read off the result, so the input need not be kept.
  const auto mask = [y = saved(value)](const Tensor& dy) { return kernels::relu_mask(dy, y.value()); };
  return record("relu", value, wrt(x, [mask](const Variable& dy) { return linear_map("relu_mask", dy, mask, mask); }));
}

Variable gelu(const Variable& x) {
  check(is_floating(x.dtype()), "gelu: needs float32 or float64, not ", x.dtype(), "; convert with cast");
  return x * 0.5 * (erf(x * (1 / std::numbers::sqrt2)) + 1.0);
}

}  // namespace gibbs
