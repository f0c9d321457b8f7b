#include "gibbs/autograd/ops/activations.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs {
namespace {

using kernels::Activation;

constexpr double kUnlimited = std::numeric_limits<double>::infinity();
constexpr double kTail = 800;     // e^-x is 0 beyond, in float64, too: there 0 inf, which is NaN, becomes 0
constexpr double kBellTail = 40;  // and so is e^(-x^2/2)

void check_floats(const char* op, const Variable& x) {
  check(is_floating(x.dtype()), op, ": needs float32 or float64, not ", x.dtype(), "; convert with cast");
}

void check_number(const char* op, const char* name, double number) {
  check(std::isfinite(number) && number > 0, op, ": ", name, " is ", number, "; it must be finite and above 0");
}

/// The op y = value(x), dx = dy slope(x), both written in ops.
template <class Value, class Slope>
Variable curve(const char* op, const Variable& x, Value value, Slope slope) {
  check_floats(op, x);
  const Variable y = value(x.detach());
  return record(op, y.value(), wrt(x, [x, slope](const Variable& dy) { return dy * slope(x); }));
}

/// The op of a kernel that makes one pass, beside the same function in ops.
template <class InOps>
Variable joint(Activation activation, const Variable& x, InOps in_ops) {
  const char* op = kernels::name_of(activation);
  check_floats(op, x);
  return fused(
      op, {x}, kernels::activate(activation, x.value()),
      [activation](const Variables& in, const Tensor& dy, const std::vector<bool>& /*wanted*/) {
        return std::vector<Tensor>{kernels::activation_gradient(activation, in[0].value(), dy)};
      },
      [in_ops](const Variables& in) { return in_ops(in[0]); });
}

/// The normal distribution's cumulative function, erfc(-x / sqrt 2) / 2.
Variable normal_cdf(const Variable& x) { return erfc(x * (-1 / std::numbers::sqrt2)) * 0.5; }
/// Its density.
Variable normal_density(const Variable& x) {
  return exp(square(x) * -0.5) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
}

Tensor above_zero(const Variable& x) { return kernels::greater(x.value(), 0.0); }
Variable constant(double number, const Variable& like) { return Tensor::full({}, number, like.dtype()); }
/// x below 0, else 0; its slope at 0 is 0, so that a slope which jumps there has no derivative there.
Variable below_zero_part(const Variable& x) { return -relu(-x); }

/// x above 0, `otherwise(x)` elsewhere, whose slope there is `slope(x)`. Both see what is at most 0.
template <class Otherwise, class Slope>
Variable bent(const char* op, const Variable& x, Otherwise otherwise, Slope slope) {
  return curve(
      op, x, [&](const Variable& at) { return where(above_zero(at), at, otherwise(below_zero_part(at))); },
      [slope](const Variable& at) { return where(above_zero(at), constant(1, at), slope(below_zero_part(at))); });
}

/// 1 where x is between -3 and 3, and what `hard` functions are there.
Tensor in_the_middle(const Variable& x) {
  return kernels::mul(kernels::greater(x.value(), -3.0), kernels::less(x.value(), 3.0));
}

}  // namespace

Variable leaky_relu(const Variable& x, double slope) {
  check(std::isfinite(slope), "leaky_relu: slope is ", slope, "; it must be finite");
  return bent(
      "leaky_relu", x,
      // -inf times 0 is NaN, its limit 0
      [slope](const Variable& at) { return slope == 0 ? clamp(at, 0, 0) : at * slope; },
      [slope](const Variable& at) { return constant(slope, at); });
}

Variable prelu(const Variable& x, const Variable& slope) {
  check_floats("prelu", x);
  check(slope.dtype() == x.dtype() && broadcasts_to(slope.shape(), x.shape()), "prelu: slope is ", slope.shape(), " ",
        slope.dtype(), ", x ", x.shape(), " ", x.dtype(), "; it must broadcast to x, in its dtype");
  return relu(x) + slope * clamp(x, -kUnlimited, 0);  // whose slope at 0 is that of what is below
}

Variable elu(const Variable& x, double alpha) {
  check_number("elu", "alpha", alpha);
  return bent(
      "elu", x, [alpha](const Variable& at) { return expm1(at) * alpha; },
      [alpha](const Variable& at) { return exp(at) * alpha; });
}

Variable selu(const Variable& x) {
  constexpr double kAlpha = 1.6732632423543772848170429916717, kScale = 1.0507009873554804934193349852946;
  return curve(
      "selu", x,
      [](const Variable& at) {
        return where(above_zero(at), at * kScale, expm1(below_zero_part(at)) * (kScale * kAlpha));
      },
      [](const Variable& at) {
        return where(above_zero(at), constant(kScale, at), exp(below_zero_part(at)) * (kScale * kAlpha));
      });
}

Variable celu(const Variable& x, double alpha) {
  check_number("celu", "alpha", alpha);
  return bent(
      "celu", x, [alpha](const Variable& at) { return expm1(at / alpha) * alpha; },
      [alpha](const Variable& at) { return exp(at / alpha); });
}

Variable softplus(const Variable& x, double beta) {
  check_number("softplus", "beta", beta);
  return curve(
      "softplus", x, [beta](const Variable& at) { return logaddexp(at * beta, constant(0, at)) / beta; },
      [beta](const Variable& at) { return sigmoid(at * beta); });
}

Variable softsign(const Variable& x) {
  const auto finite = [](const Variable& at) {
    const double largest =
        at.dtype() == DType::float32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
    return clamp(at, -largest, largest);
  };
  return curve(
      "softsign", x, [finite](const Variable& at) { return finite(at) / (abs(finite(at)) + 1); },
      [](const Variable& at) { return square(constant(1, at) / (abs(at) + 1)); });
}

Variable silu(const Variable& x) {
  return joint(Activation::silu, x, [](const Variable& in) {
    return curve(
        "silu", in, [](const Variable& at) { return clamp(at, -kTail, kUnlimited) * sigmoid(at); },
        [](const Variable& at) { return sigmoid(at) + clamp(at, -kTail, kTail) * sigmoid(at) * sigmoid(-at); });
  });
}

Variable gelu(const Variable& x) {
  return joint(Activation::gelu, x, [](const Variable& in) {
    return curve(
        "gelu", in, [](const Variable& at) { return clamp(at, -kBellTail, kUnlimited) * normal_cdf(at); },
        [](const Variable& at) { return normal_cdf(at) + clamp(at, -kBellTail, kBellTail) * normal_density(at); });
  });
}

Variable activate(const Variable& x, Activation activation) {
  check_floats("activate", x);
  switch (activation) {
    case Activation::relu:
      return relu(x);
    case Activation::gelu:
      return gelu(x);
    case Activation::silu:
      return silu(x);
    case Activation::identity:
      break;
  }
  return x;
}

Variable activated_sum(const Variable& a, const Variable& b, Activation activation) {
  if (!gradient_follows_from_value(activation) && may_be_differentiated({a, b})) {
    check_floats("activated_sum", a);
    check(a.shape() == b.shape() && a.dtype() == b.dtype(), "activated_sum: a is ", a.shape(), " ", a.dtype(), ", b ",
          b.shape(), " ", b.dtype());
    return activate(a + b, activation);
  }
  const Tensor y = kernels::activated_sum(activation, a.value(), b.value());
  return fused(
      "activated_sum", {a, b}, y,
      [activation, y = saved(y)](const Variables& /*in*/, const Tensor& dy, const std::vector<bool>& /*wanted*/) {
        const Tensor d = activation == Activation::relu ? kernels::relu_mask(dy, y.value()) : dy;
        return std::vector<Tensor>{d, d};
      },
      [activation](const Variables& in) { return activate(in[0] + in[1], activation); });
}

Variable mish(const Variable& x) {
  const auto tanh_of_softplus = [](const Variable& at) { return tanh(logaddexp(at, constant(0, at))); };
  return curve(
      "mish", x, [=](const Variable& at) { return clamp(at, -kTail, kUnlimited) * tanh_of_softplus(at); },
      [=](const Variable& at) {
        const Variable t = tanh_of_softplus(at);
        return t + clamp(at, -kTail, kTail) * (constant(1, at) - square(t)) * sigmoid(at);
      });
}

Variable hard_sigmoid(const Variable& x) {
  return curve(
      "hard_sigmoid", x, [](const Variable& at) { return clamp(at / 6 + 0.5, 0, 1); },
      [](const Variable& at) { return Variable(kernels::cast(in_the_middle(at), at.dtype())) / 6; });
}

Variable hard_swish(const Variable& x) {
  return curve(
      "hard_swish", x, [](const Variable& at) { return clamp(at, -3, kUnlimited) * clamp(at / 6 + 0.5, 0, 1); },
      [](const Variable& at) {
        return where(in_the_middle(at), at / 3 + 0.5, where(above_zero(at), constant(1, at), constant(0, at)));
      });
}

Variable gelu_tanh(const Variable& x) {
  constexpr double kCubic = 0.044715;
  const double rate = 2 * std::sqrt(2) * std::numbers::inv_sqrtpi;  // of 2 u
  const auto twice_u = [rate](const Variable& at) { return (at + square(at) * at * kCubic) * rate; };
  return curve(
      "gelu_tanh", x, [=](const Variable& at) { return clamp(at, -kTail, kUnlimited) * sigmoid(twice_u(at)); },
      [=](const Variable& at) {
        const Variable near = clamp(at, -kTail, kTail), u = twice_u(near);
        return sigmoid(u) + near * (square(near) * (3 * kCubic) + 1) * rate * sigmoid(u) * sigmoid(-u);
      });
}

Variable glu(const Variable& x, int axis) {
  check_floats("glu", x);
  const int at = normalize_axis(axis, x.rank(), "glu");
  check(x.size(at) % 2 == 0, "glu: x is ", x.shape(), ", whose axis ", at, " cannot be halved; make it even");
  const std::int64_t half = x.size(at) / 2;
  return slice(x, at, 0, half) * sigmoid(slice(x, at, half, 2 * half));
}

}  // namespace gibbs
