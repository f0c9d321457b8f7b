#include "gibbs/autograd/ops/math.h"

#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs {
namespace {

/// y = 1 / cosh^2 x.   dx = -2 dy y tanh x. By sigmoids, which keep their digits where y is small.
Variable sech_squared(const Variable& x) {
  const auto value = [](const Tensor& t) {
    const Tensor twice = kernels::mul(t, 2);
    return kernels::mul(kernels::mul(kernels::sigmoid(twice), kernels::sigmoid(kernels::neg(twice))), 4);
  };
  return record("sech_squared", value(x.value()),
                wrt(x, [x](const Variable& y, const Variable& dy) { return dy * y * tanh(x) * -2.0; }));
}

}  // namespace

Variable exp(const Variable& x) {
  return record("exp", kernels::exp(x.value()), wrt(x, [](const Variable& y, const Variable& dy) { return dy * y; }));
}

Variable expm1(const Variable& x) {
  return record("expm1", kernels::expm1(x.value()), wrt(x, [x](const Variable& dy) { return dy * exp(x); }));
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
  return record("tanh", kernels::tanh(x.value()), wrt(x, [x](const Variable& dy) { return dy * sech_squared(x); }));
}

Variable sigmoid(const Variable& x) {
  return record("sigmoid", kernels::sigmoid(x.value()),
                wrt(x, [x](const Variable& y, const Variable& dy) { return dy * y * sigmoid(-x); }));
}

Variable erf(const Variable& x) {
  return record("erf", kernels::erf(x.value()),
                wrt(x, [x](const Variable& dy) { return dy * exp(-square(x)) * (2 * std::numbers::inv_sqrtpi); }));
}

Variable erfc(const Variable& x) {
  return record("erfc", kernels::erfc(x.value()),
                wrt(x, [x](const Variable& dy) { return dy * exp(-square(x)) * (-2 * std::numbers::inv_sqrtpi); }));
}

Variable relu(const Variable& x) {
  const Tensor value = kernels::relu(x.value());
  // The mask is read off the result, so the input need not be kept.
  const auto mask = [y = saved(value)](const Tensor& dy) { return kernels::relu_mask(dy, y.value()); };
  return record("relu", value, wrt(x, [mask](const Variable& dy) { return linear_map("relu_mask", dy, mask, mask); }));
}

}  // namespace gibbs
