#include "gibbs/autograd/ops/arithmetic.h"

#include <limits>

#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A constant scalar of x's dtype.
Variable number_like(const Variable& x, double number) { return Tensor::full({}, number, x.dtype()); }

/// maximum or minimum: dy goes to the operand that the result is, in halves where both are. NaN is NaN's own.
Variable select_extreme(const char* op, const Variable& a, const Variable& b, Tensor value) {
  const auto share = [](const Variable& own, const Variable& other) {
    return [own, other](const Variable& y, const Variable& dy) {
      const auto is_result = [&](const Variable& x) {
        return kernels::cast(kernels::same(x.value(), y.value()), dy.dtype());
      };
      const Tensor mine = is_result(own);
      return dy * kernels::div(mine, kernels::add(mine, is_result(other)));
    };
  };
  return record(broadcasting(op), std::move(value), wrt(a, share(a, b)), wrt(b, share(b, a)));
}

}  // namespace

Variable add(const Variable& a, const Variable& b) {
  const auto same = [](const Variable& dy) { return dy; };
  return record(broadcasting("add"), kernels::add(a.value(), b.value()), wrt(a, same), wrt(b, same));
}

Variable sub(const Variable& a, const Variable& b) {
  return record(broadcasting("sub"), kernels::sub(a.value(), b.value()), wrt(a, [](const Variable& dy) { return dy; }),
                wrt(b, [](const Variable& dy) { return -dy; }));
}

Variable mul(const Variable& a, const Variable& b) {
  return record(broadcasting("mul"), kernels::mul(a.value(), b.value()),
                wrt(a, [b](const Variable& dy) { return dy * b; }), wrt(b, [a](const Variable& dy) { return dy * a; }));
}

Variable div(const Variable& a, const Variable& b) {
  return record(broadcasting("div"), kernels::div(a.value(), b.value()),
                wrt(a, [b](const Variable& dy) { return dy / b; }),
                wrt(b, [b](const Variable& y, const Variable& dy) { return -(dy * y / b); }));
}

Variable neg(const Variable& x) { return linear_map("neg", x, kernels::neg, kernels::neg); }

Variable pow(const Variable& a, const Variable& b) {
  return record(broadcasting("pow"), kernels::pow(a.value(), b.value()),
                wrt(a,
                    [a, b](const Variable& dy) {
                      // 0^0 is 1 beside 0^b with b constant: its derivative in a is 0, where the formula would say 0 /
                      // 0.
                      const Tensor zeros = kernels::mul(kernels::equal(a.value(), 0.0), kernels::equal(b.value(), 0.0));
                      return dy * b * pow(a, where(zeros, number_like(b, 1), b) - 1.0);
                    }),
                wrt(b, [a, b](const Variable& y, const Variable& dy) {
                  // Where y is 0 it stays 0 for all b near by: its derivative is 0, where the formula would say 0 inf.
                  // So is, by convention, that of 0^0; and a negative a has a power for whole b alone.
                  const Tensor zeros = kernels::mul(kernels::equal(a.value(), 0.0), kernels::equal(b.value(), 0.0));
                  const Tensor flat = kernels::maximum(kernels::less(a.value(), 0.0),
                                                       kernels::maximum(zeros, kernels::equal(y.value(), 0.0)));
                  return dy * y * log(where(flat, number_like(a, 1), a));
                }));
}

Variable pow(const Variable& x, double exponent) {
  return record("pow", kernels::pow(x.value(), exponent), wrt(x, [x, exponent](const Variable& dy) {
                  return exponent == 0 ? mul(dy, 0.0) : dy * mul(pow(x, exponent - 1), exponent);
                }));
}

Variable maximum(const Variable& a, const Variable& b) {
  return select_extreme("maximum", a, b, kernels::maximum(a.value(), b.value()));
}

Variable minimum(const Variable& a, const Variable& b) {
  return select_extreme("minimum", a, b, kernels::minimum(a.value(), b.value()));
}

Variable abs(const Variable& x) {
  return record("abs", kernels::abs(x.value()),
                wrt(x, [x](const Variable& dy) { return dy * kernels::sign(x.value()); }));
}

Variable clamp(const Variable& x, double low, double high) {
  return record("clamp", kernels::clamp(x.value(), low, high), wrt(x, [x, low, high](const Variable& dy) {
                  const Tensor inside = kernels::equal(x.value(), kernels::clamp(x.value(), low, high));
                  return dy * kernels::cast(inside, x.dtype());
                }));
}

Variable where(const Tensor& condition, const Variable& a, const Variable& b) {
  const Saved taken(condition);
  return record(broadcasting("where"), kernels::where(condition, a.value(), b.value()),
                wrt(a, [taken](const Variable& dy) { return where(taken.value(), dy, number_like(dy, 0)); }),
                wrt(b, [taken](const Variable& dy) { return where(taken.value(), number_like(dy, 0), dy); }));
}

Variable logaddexp(const Variable& a, const Variable& b) {
  // By the difference of the operands: beside a large y, a - y would have lost its digits.
  const auto share = [](const Variable& own, const Variable& other) {
    return [own, other](const Variable& y, const Variable& dy) {
      const Tensor none = kernels::equal(y.value(), -kInfinity);
      const Tensor infinite = kernels::mul(kernels::equal(own.value(), other.value()),
                                           kernels::equal(kernels::abs(own.value()), kInfinity));
      const Variable difference = where(infinite, number_like(y, 0), own - other);
      return dy * where(none, number_like(y, 0), sigmoid(difference));
    };
  };
  return record(broadcasting("logaddexp"), kernels::logaddexp(a.value(), b.value()), wrt(a, share(a, b)),
                wrt(b, share(b, a)));
}

Variable cast(const Variable& x, DType dtype) {
  check(is_floating(dtype) || !x.traced(), "cast: only float32 and float64 carry gradients; detach before casting to ",
        dtype);
  const DType from = x.dtype();
  return linear_map(
      "cast", x, [dtype](const Tensor& t) { return kernels::cast(t, dtype); },
      [from](const Tensor& t) { return kernels::cast(t, from); });
}

Variable add(const Variable& x, double number) {
  return record("add", kernels::add(x.value(), number), wrt(x, [](const Variable& dy) { return dy; }));
}

Variable mul(const Variable& x, double number) {
  const auto scale = [number](const Tensor& t) { return kernels::mul(t, number); };
  return linear_map("mul", x, scale, scale);
}

Variable div(const Variable& x, double number) {
  check(is_floating(x.dtype()), "div: needs float32 or float64, not ", x.dtype(), "; convert with cast");
  const auto divide = [number](const Tensor& t) { return kernels::div(t, number); };
  return linear_map("div", x, divide, divide);
}

Tensor operator<(const Variable& x, double number) { return kernels::less(x.value(), number); }
Tensor operator<=(const Variable& x, double number) { return kernels::less_equal(x.value(), number); }
Tensor operator>(const Variable& x, double number) { return kernels::greater(x.value(), number); }
Tensor operator>=(const Variable& x, double number) { return kernels::greater_equal(x.value(), number); }

}  // namespace gibbs
