// Reductions over axes: groups of neighbouring axes are merged into [outer, length, inner] and reduced one group after
// the other, the last first. mean, var and logsumexp are written in terms of sum and max.
#include "gibbs/tensor/kernels/reduce.h"

#include <cmath>

#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/pointwise_loop.h"
#include "gibbs/tensor/kernels/reduce_loop.h"

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

/// sum x / divisor, rounded once to x's dtype; reduced axes keep size 1.
Tensor scaled_sum(const char* op, const Tensor& x, const Flags& flags, double divisor) {
  return dispatch_floating(x.dtype(), op, [&](auto zero) {
    const Tensor total = reduce_groups<detail::Sum, decltype(zero), double>(x, flags);
    return cast(div(total, Tensor::full({}, divisor, DType::float64)), x.dtype());
  });
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdim) {
  return accumulate_over<detail::Sum>("sum", x, axes, keepdim);
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
  const Tensor deviation = sub(x, scaled_sum("var", x, flags, static_cast<double>(count)));
  return scaled_sum("var", mul(deviation, deviation), flags, static_cast<double>(count - correction))
      .reshape(reduced_shape(x.shape(), axes, keepdim, "var"));
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
  return add(log(sum(exp(sub(x, shift)), axes, true)), shift).reshape(shape);
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
