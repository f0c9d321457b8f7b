// Arithmetic, element by element. Integers wrap around as two's complement, the same on every machine.
#include "gibbs/tensor/kernels/pointwise.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "gibbs/tensor/kernels/detail/pointwise_loop.h"

namespace gibbs::kernels {
namespace {

using detail::is_nan;
using detail::map_any;
using detail::number_like;

/// function(a ...) with int64 computed as uint64, where overflow is defined.
template <class T, class Function>
T wrapping(Function function, T a, T b) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    return static_cast<T>(function(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)));
  } else {
    return static_cast<T>(function(a, b));
  }
}

constexpr auto kAdd = [](auto a, auto b) { return wrapping([](auto p, auto q) { return p + q; }, a, b); };
constexpr auto kSub = [](auto a, auto b) { return wrapping([](auto p, auto q) { return p - q; }, a, b); };
constexpr auto kMul = [](auto a, auto b) { return wrapping([](auto p, auto q) { return p * q; }, a, b); };

bool has_zero(const Tensor& x) {
  return dispatch(x.dtype(), [&](auto zero) {
    const auto values = x.values<decltype(zero)>();
    return std::find(values.begin(), values.end(), zero) != values.end();
  });
}

/// `bound` rounded to T toward the inside of the range, and limited to T's range.
template <class T>
T bound_of(double bound, double rounded) {
  if constexpr (std::floating_point<T>) {
    return static_cast<T>(bound);
  } else {
    using Limits = std::numeric_limits<T>;
    return rounded >= static_cast<double>(Limits::max())   ? Limits::max()
           : rounded <= static_cast<double>(Limits::min()) ? Limits::min()
                                                           : static_cast<T>(rounded);
  }
}

}  // namespace

Tensor neg(const Tensor& x) {
  return map_any("neg", x, [](auto v) {
    if constexpr (std::floating_point<decltype(v)>) {
      return -v;
    } else {
      return kSub(decltype(v){0}, v);
    }
  });
}

Tensor abs(const Tensor& x) {
  return map_any("abs", x, [](auto v) {
    using T = decltype(v);
    if constexpr (std::floating_point<T>) {
      return std::abs(v);
    } else {
      return v < T{0} ? kSub(T{0}, v) : v;
    }
  });
}

Tensor sign(const Tensor& x) {
  return map_any("sign", x, [](auto v) {
    using T = decltype(v);
    return is_nan(v) ? v : static_cast<T>(static_cast<T>(v > T{0}) - static_cast<T>(v < T{0}));
  });
}

Tensor relu(const Tensor& x) {
  return map_any("relu", x, [](auto v) { return v < decltype(v){0} ? decltype(v){0} : v; });
}

Tensor clamp(const Tensor& x, double low, double high) {
  detail::check_operand("clamp", x);
  check(low <= high, "clamp: low ", low, " is not at most high ", high);
  return dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T first = bound_of<T>(low, std::ceil(low)), last = bound_of<T>(high, std::floor(high));
    Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
    detail::map(x.data<T>(), y.mutable_data<T>(), x.numel(), [first, last](T v) {
      const T raised = v < first ? first : v;
      return raised > last ? last : raised;
    });
    return y;
  });
}

Tensor add(const Tensor& a, const Tensor& b) { return map_any("add", a, b, kAdd); }
Tensor sub(const Tensor& a, const Tensor& b) { return map_any("sub", a, b, kSub); }
Tensor mul(const Tensor& a, const Tensor& b) { return map_any("mul", a, b, kMul); }

Tensor div(const Tensor& a, const Tensor& b) {
  detail::check_operands("div", a, b);
  check(is_floating(b.dtype()) || a.numel() == 0 || !has_zero(b),
        "div: integer division by zero; cast to float32 for infinities, or replace the zeros with where");
  return map_any("div", a, b, [](auto p, auto q) {
    using T = decltype(p);
    if constexpr (std::is_same_v<T, std::int64_t>) {
      return q == -1 ? kSub(T{0}, p) : p / q;  // the smallest int64 / -1 traps
    } else {
      return static_cast<T>(p / q);
    }
  });
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  return map_any("maximum", a, b, [](auto p, auto q) { return ((p > q) | is_nan(p)) ? p : q; });
}
Tensor minimum(const Tensor& a, const Tensor& b) {
  return map_any("minimum", a, b, [](auto p, auto q) { return ((p < q) | is_nan(p)) ? p : q; });
}

Tensor add(const Tensor& x, double number) { return map_any("add", x, number_like("add", x, number), kAdd); }
Tensor sub(const Tensor& x, double number) { return sub(x, number_like("sub", x, number)); }
Tensor sub(double number, const Tensor& x) { return sub(number_like("sub", x, number), x); }
Tensor mul(const Tensor& x, double number) { return map_any("mul", x, number_like("mul", x, number), kMul); }
Tensor div(const Tensor& x, double number) { return div(x, number_like("div", x, number)); }
Tensor div(double number, const Tensor& x) { return div(number_like("div", x, number), x); }

Tensor relu_mask(const Tensor& dy, const Tensor& y) {
  check(dy.shape() == y.shape(), "relu_mask: dy is ", dy.shape(), ", y is ", y.shape(), "; they must be equal");
  return map_any("relu_mask", dy, y, [](auto d, auto v) { return v > decltype(v){0} ? d : decltype(d){0}; });
}

}  // namespace gibbs::kernels
