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

/// Per element 1 where condition holds, 1/2 where the operands are equal, else 0: who receives a maximum's gradient.
Tensor winner_share(const Tensor& wins, const Tensor& ties, DType dtype) {
  return kernels::add(kernels::cast(wins, dtype), kernels::mul(kernels::cast(ties, dtype), 0.5));
}

/// maximum or minimum: `a_wins` and `b_wins` are the strict comparisons.
Variable select_extreme(const char* op, const Variable& a, const Variable& b, Tensor value, const Tensor& a_wins,
                        const Tensor& b_wins) {
  const auto route = [ties = saved(kernels::equal(a.value(), b.value()))](const Tensor& wins) {
    return [ties, own = saved(wins)](const Variable& dy) {
      return dy * winner_share(own.value(), ties.value(), dy.dtype());
    };
  };
  return record(broadcasting(op), std::move(value), wrt(a, route(a_wins)), wrt(b, route(b_wins)));
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
                wrt(b, [a](const Variable& y, const Variable& dy) {
                  // 0^b is 0 for every b > 0: its derivative in b is 0, where the formula would say 0 * ln 0.
                  const Tensor positive = kernels::greater(a.value(), 0.0);
                  const Variable safe = where(positive, a, number_like(a, 1));
                  return dy * y * log(safe);
                }));
}

Variable pow(const Variable& x, double exponent) {
  return record("pow", kernels::pow(x.value(), exponent), wrt(x, [x, exponent](const Variable& dy) {
                  return exponent == 0 ? mul(dy, 0.0) : dy * mul(pow(x, exponent - 1), exponent);
                }));
}

Variable maximum(const Variable& a, const Variable& b) {
  Tensor value = kernels::maximum(a.value(), b.value());
  return select_extreme("maximum", a, b, std::move(value), kernels::greater(a.value(), b.value()),
                        kernels::less(a.value(), b.value()));
}

Variable minimum(const Variable& a, const Variable& b) {
  Tensor value = kernels::minimum(a.value(), b.value());
  return select_extreme("minimum", a, b, std::move(value), kernels::less(a.value(), b.value()),
                        kernels::greater(a.value(), b.value()));
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
  const auto share = [](const Variable& input) {
    return [input](const Variable& y, const Variable& dy) {
      const Tensor none = kernels::equal(y.value(), -kInfinity);
      return dy * exp(input - where(none, number_like(y, 0), y));
    };
  };
  return record(broadcasting("logaddexp"), kernels::logaddexp(a.value(), b.value()), wrt(a, share(a)),
                wrt(b, share(b)));
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
  return mul(x, 1 / number);
}

}  // namespace gibbs
