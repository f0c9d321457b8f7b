// Comparisons, which give uint8 tensors of 0 and 1, and the selection that uses them. A comparison with NaN is false
// (not_equal: true).
#include <cmath>
#include <limits>

#include "gibbs/tensor/kernels/detail/pointwise_loop.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::kernels {
namespace {

using detail::number_like;

constexpr auto kEqual = [](auto a, auto b) { return a == b; };
constexpr auto kLess = [](auto a, auto b) { return a < b; };
constexpr auto kLessEqual = [](auto a, auto b) { return a <= b; };

template <class Function>
Tensor compare(const char* op, const Tensor& a, const Tensor& b, Function function) {
  return detail::map_any<std::uint8_t>(op, a, b, function);
}

/// function(b, a), with the errors of (a, b).
template <class Function>
Tensor compare_swapped(const char* op, const Tensor& a, const Tensor& b, Function function) {
  detail::check_operands(op, a, b);
  broadcast_shapes(a.shape(), b.shape(), op);
  return compare(op, b, a, function);
}

}  // namespace

Tensor equal(const Tensor& a, const Tensor& b) { return compare("equal", a, b, kEqual); }
Tensor not_equal(const Tensor& a, const Tensor& b) {
  return compare("not_equal", a, b, [](auto p, auto q) { return p != q; });
}
Tensor same(const Tensor& a, const Tensor& b) {
  return compare("same", a, b, [](auto p, auto q) { return p == q || (detail::is_nan(p) && detail::is_nan(q)); });
}
Tensor less(const Tensor& a, const Tensor& b) { return compare("less", a, b, kLess); }
Tensor less_equal(const Tensor& a, const Tensor& b) { return compare("less_equal", a, b, kLessEqual); }
Tensor greater(const Tensor& a, const Tensor& b) { return compare_swapped("greater", a, b, kLess); }
Tensor greater_equal(const Tensor& a, const Tensor& b) { return compare_swapped("greater_equal", a, b, kLessEqual); }

Tensor equal(const Tensor& x, double number) { return equal(x, number_like("equal", x, number)); }
Tensor greater(const Tensor& x, double number) { return greater(x, number_like("greater", x, number)); }
Tensor less(const Tensor& x, double number) { return less(x, number_like("less", x, number)); }
Tensor less_equal(const Tensor& x, double number) { return less_equal(x, number_like("less_equal", x, number)); }
Tensor greater_equal(const Tensor& x, double number) {
  return greater_equal(x, number_like("greater_equal", x, number));
}

Tensor isfinite(const Tensor& x) {
  return detail::map_any<std::uint8_t>("isfinite", x, [](auto v) {
    if constexpr (std::floating_point<decltype(v)>) {
      return std::abs(v) <= std::numeric_limits<decltype(v)>::max();
    } else {
      return true;
    }
  });
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  detail::check_operand("where", condition);
  detail::check_operands("where", a, b);
  check(condition.dtype() == DType::uint8, "where: the condition is ", condition.dtype(),
        ", not uint8; make it with a comparison");
  const Shape shape = broadcast_shapes(condition.shape(), broadcast_shapes(a.shape(), b.shape(), "where"), "where");
  const detail::Walk walk(shape, {condition.shape(), a.shape(), b.shape()});
  return dispatch(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    Tensor y = Tensor::uninitialized(shape, a.dtype());
    T* to = y.mutable_data<T>();
    const auto* choice = condition.data<std::uint8_t>();
    const T *from_a = a.data<T>(), *from_b = b.data<T>();
    detail::with_stride(walk, 0, [&](auto stride_choice) {
      detail::with_stride(walk, 1, [&](auto stride_a) {
        detail::with_stride(walk, 2, [&](auto stride_b) {
          detail::for_each_run(walk, [=](const detail::Runs& run) {
            const std::uint8_t* __restrict c = choice + run.offset(0);
            const T* __restrict p = from_a + run.offset(1);
            const T* __restrict q = from_b + run.offset(2);
            T* __restrict out = to + run.position();
            const std::int64_t n = run.length();
            for (std::int64_t i = 0; i < n; ++i) {
              const T chosen = p[i * stride_a], other = q[i * stride_b];
              out[i] = c[i * stride_choice] != 0 ? chosen : other;
            }
          });
        });
      });
    });
    return y;
  });
}

}  // namespace gibbs::kernels
