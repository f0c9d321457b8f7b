// Reductions over axes: groups of neighbouring axes are merged into [outer, length, inner] and reduced one group after
// the other, the last first. mean, var and logsumexp are written in terms of sum and max.
#include "gibbs/tensor/kernels/reduce.h"

#include <cmath>

#include "gibbs/tensor/kernels/detail/pointwise_loop.h"
#include "gibbs/tensor/kernels/detail/reduce_loop.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::kernels {
namespace {

using Flags = std::array<bool, Shape::kMaxRank>;

/// x with its last group of flagged axes reduced to a single axis of size 1; the flags follow.
template <class Op, class In, class Out>
Tensor reduce_last_group(const Tensor& x, Flags& flags) {
  int last = x.rank();
  while (!flags[last - 1]) {
    --last;
  }
  int first = last;
  while (first > 0 && flags[first - 1]) {
    flags[--first] = false;
  }
  Shape shape = x.shape();
  for (int axis = first; axis < last; ++axis) {
    shape.set(axis, 1);
  }
  Tensor y = Tensor::uninitialized(shape, dtype_of<Out>);
  detail::reduce<Op>(x.data<In>(), y.mutable_data<Out>(), x.shape().sub(0, first).numel(),
                     x.shape().sub(first, last).numel(), x.shape().sub(last, x.rank()).numel());
  return y;
}

/// Reduction over the flagged axes, which keep size 1. Between groups of axes results stay accumulators.
template <class Op, class In, class Out>
Tensor reduce_groups(const Tensor& x, Flags flags) {
  const int rank = x.rank();
  int groups = 0;
  for (int axis = 0; axis < rank; ++axis) {
    groups += flags[axis] && (axis == 0 || !flags[axis - 1]);
  }
  using A = typename Op::template Acc<In>;
  if (groups <= 1) {
    return groups == 1 ? reduce_last_group<Op, In, Out>(x, flags) : cast(x, dtype_of<Out>);
  }
  Tensor y = reduce_last_group<Op, In, A>(x, flags);
  for (; groups > 2; --groups) {
    y = reduce_last_group<Op, A, A>(y, flags);
  }
  return reduce_last_group<Op, A, Out>(y, flags);
}

std::int64_t count_of(const Tensor& x, const Flags& flags) {
  std::int64_t count = 1;
  for (int axis = 0; axis < x.rank(); ++axis) {
    count *= flags[axis] ? x.size(axis) : 1;
  }
  return count;
}

/// The flags of `axes`, after checking that x is defined.
Flags flags_of(const char* op, const Tensor& x, const Axes& axes) {
  detail::check_operand(op, x);
  return axis_flags(axes, x.rank(), op);
}

/// The same for reductions that have no value over nothing.
Flags flags_of_nonempty(const char* op, const Tensor& x, const Axes& axes) {
  const Flags flags = flags_of(op, x, axes);
  check(count_of(x, flags) > 0, op, ": nothing to reduce in ", x.shape(), "; the reduced axes need elements");
  return flags;
}

/// Sum or product: floats keep their dtype, integers become int64.
template <class Op>
Tensor accumulate_over(const char* op, const Tensor& x, const Axes& axes, bool keepdim) {
  const Flags flags = flags_of(op, x, axes);
  return dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    using Out = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
    return reduce_groups<Op, T, Out>(x, flags).reshape(reduced_shape(x.shape(), axes, keepdim, op));
  });
}

template <class Op>
Tensor extreme_over(const char* op, const Tensor& x, const Axes& axes, bool keepdim) {
  const Flags flags = flags_of_nonempty(op, x, axes);
  return dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    return reduce_groups<Op, T, T>(x, flags).reshape(reduced_shape(x.shape(), axes, keepdim, op));
  });
}

/// compute(x), and where that is not finite 2^64 compute(x / 2^64): partial sums of float64 may be too large where the
/// result is not. Sums of float32 are made of doubles, which nothing overflows.
template <class Compute>
Tensor without_overflow(const Tensor& x, Compute compute) {
  constexpr double kScale = 0x1p64;
  Tensor y = compute(x);
  if (x.dtype() != DType::float64 || y.numel() == 0) {
    return y;
  }
  const Tensor finite = isfinite(y);
  return min(finite).item() != 0 ? y : where(finite, y, mul(compute(mul(x, 1 / kScale)), kScale));
}

/// sum x / divisor, rounded once to x's dtype; reduced axes keep size 1.
Tensor scaled_sum(const char* op, const Tensor& x, const Flags& flags, double divisor) {
  return dispatch_floating(x.dtype(), op, [&](auto zero) {
    return without_overflow(x, [&](const Tensor& t) {
      const Tensor total = reduce_groups<detail::Sum, decltype(zero), double>(t, flags);
      return cast(div(total, divisor), x.dtype());
    });
  });
}

/// x minus its mean over the axes, in float64. The mean is off by half a unit of its last place, which beside large
/// numbers is much; so the mean of what is left is subtracted, too, if it has one.
Tensor deviation(const char* op, const Tensor& x, const Axes& axes) {
  const Flags flags = flags_of_nonempty(op, x, axes);
  check(is_floating(x.dtype()), op, ": needs float32 or float64, not ", x.dtype(), "; convert with cast");
  const auto count = static_cast<double>(count_of(x, flags));
  const Tensor wide = x.dtype() == DType::float64 ? x : cast(x, DType::float64);
  const Tensor once = sub(wide, scaled_sum(op, wide, flags, count));
  const Tensor rest = scaled_sum(op, once, flags, count);
  return sub(once, where(isfinite(rest), rest, Tensor::zeros({}, DType::float64)));
}

/// What rows of float64 are multiplied with before they are squared: 1, unless squares would overflow or lose digits.
Tensor scale_for_squares(const Tensor& x, const Axes& axes) {
  const Tensor largest = max(abs(x), axes, /*keepdim=*/true);
  const auto number = [](double value) { return Tensor::full({}, value, DType::float64); };
  return where(greater(largest, 1e150), number(0x1p-600), where(less(largest, 1e-140), number(0x1p600), number(1)));
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdim) {
  return without_overflow(x, [&](const Tensor& t) { return accumulate_over<detail::Sum>("sum", t, axes, keepdim); });
}

Tensor prod(const Tensor& x, const Axes& axes, bool keepdim) {
  return accumulate_over<detail::Product>("prod", x, axes, keepdim);
}

Tensor max(const Tensor& x, const Axes& axes, bool keepdim) {
  return extreme_over<detail::Largest>("max", x, axes, keepdim);
}

Tensor min(const Tensor& x, const Axes& axes, bool keepdim) {
  return extreme_over<detail::Smallest>("min", x, axes, keepdim);
}

Tensor mean(const Tensor& x, const Axes& axes, bool keepdim) {
  const Flags flags = flags_of_nonempty("mean", x, axes);
  const auto count = static_cast<double>(count_of(x, flags));
  return scaled_sum("mean", x, flags, count).reshape(reduced_shape(x.shape(), axes, keepdim, "mean"));
}

Tensor var(const Tensor& x, const Axes& axes, bool keepdim, int correction) {
  const Flags flags = flags_of_nonempty("var", x, axes);
  const std::int64_t count = count_of(x, flags);
  check(count > correction, "var: ", count, " elements with correction ", correction,
        " leave no degree of freedom; lower the correction");
  const Tensor centered = deviation("var", x, axes), scale = scale_for_squares(centered, axes);
  const Tensor scaled = mul(centered, scale);
  const Tensor squares = scaled_sum("var", mul(scaled, scaled), flags, static_cast<double>(count - correction));
  return cast(div(div(squares, scale), scale), x.dtype()).reshape(reduced_shape(x.shape(), axes, keepdim, "var"));
}

Tensor center(const Tensor& x, const Axes& axes, double divisor) {
  return cast(div(deviation("center", x, axes), divisor), x.dtype());
}

Tensor logsumexp(const Tensor& x, const Axes& axes, bool keepdim) {
  const Flags flags = flags_of("logsumexp", x, axes);
  check(is_floating(x.dtype()), "logsumexp: needs float32 or float64, not ", x.dtype(), "; convert with cast");
  const Shape shape = reduced_shape(x.shape(), axes, keepdim, "logsumexp");
  if (count_of(x, flags) == 0) {
    return Tensor::full(shape, -INFINITY, x.dtype());  // the logarithm of an empty sum
  }
  // An infinite maximum must not be subtracted: inf - inf is NaN, while exp and log carry infinities by themselves.
  const Tensor largest = max(x, axes, true);
  const Tensor shift = where(isfinite(largest), largest, Tensor::zeros({}, x.dtype()));
  // One of the largest terms is the 1 of log1p, beside which the others would be rounded away.
  const Tensor is_largest = equal(x, shift);
  const Tensor others = sum(where(is_largest, Tensor::zeros({}, x.dtype()), exp(sub(x, shift))), axes, true);
  const Tensor equals = sub(sum(cast(is_largest, x.dtype()), axes, true), 1);
  return add(log1p(add(others, equals)), shift).reshape(shape);
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  detail::check_operand("sum_to", x);
  check(broadcasts_to(shape, x.shape()), "sum_to: ", shape, " does not broadcast to ", x.shape());
  const int added = x.rank() - shape.rank();
  Axes axes;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < added || shape[axis - added] != x.size(axis)) {
      axes.push_back(axis);
    }
  }
  return (axes.empty() ? x : sum(x, axes)).reshape(shape);
}

}  // namespace gibbs::kernels
