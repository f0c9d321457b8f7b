#include "gibbs/autograd/ops/reduce.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/layout.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs {
namespace {

void check_floating(const char* op, const Variable& x) {
  check(is_floating(x.dtype()), op, ": needs float32 or float64, not ", x.dtype(), "; convert with cast");
}

/// Elements that each result of the reduction is made of.
double reduced_count(const Shape& shape, const Axes& axes, const char* op) {
  const Shape kept = reduced_shape(shape, axes, /*keepdim=*/true, op);
  double count = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    count *= kept[axis] == 1 ? static_cast<double>(shape[axis]) : 1;
  }
  return count;
}

/// y in the shape it has with keepdim, whatever shape it was returned in.
Variable with_kept_axes(const Variable& y, const Shape& shape, const Axes& axes, const char* op) {
  return reshape(y, reduced_shape(shape, axes, /*keepdim=*/true, op));
}

/// max or min: dy shared equally by the elements of x that are equal to y. NaN is NaN's own.
Variable reduce_extreme(const char* op, const Variable& x, Tensor value, const Axes& axes) {
  const auto share = [x, axes, op](const Variable& y, const Variable& dy) {
    const Tensor extreme = with_kept_axes(y.detach(), x.shape(), axes, op).value();
    const Tensor equal = kernels::cast(kernels::same(x.value(), extreme), x.dtype());
    const Tensor weight = kernels::div(equal, kernels::sum(equal, axes, /*keepdim=*/true));
    return with_kept_axes(dy, x.shape(), axes, op) * weight;
  };
  return record(op, std::move(value), wrt(x, share));
}

/// (x - mean) / divisor: a projection, so its own adjoint.
Variable center(const Variable& x, const Axes& axes, double divisor) {
  const auto project = [axes, divisor](const Tensor& t) { return kernels::center(t, axes, divisor); };
  return linear_map("center", x, project, project);
}

/// e^x over the sum of all; 0 where that is 0. Shifted by the maximum, a constant, since it changes nothing.
Variable weights_of(const Variable& x, const Axes& axes) {
  if (x.numel() == 0) {
    return x;
  }
  const Tensor largest = kernels::max(x.value(), axes, /*keepdim=*/true), zero = Tensor::zeros({}, x.dtype());
  const Variable terms = exp(x - kernels::where(kernels::isfinite(largest), largest, zero));
  const Variable total = sum(terms, axes, /*keepdim=*/true);
  return terms / where(kernels::equal(total.value(), 0.0), Tensor::ones({}, x.dtype()), total);
}

}  // namespace

Variable sum(const Variable& x, const Axes& axes, bool keepdim) {
  const Shape from = x.shape();
  return record("sum", kernels::sum(x.value(), axes, keepdim), wrt(x, [from, axes](const Variable& dy) {
                  return broadcast_to(with_kept_axes(dy, from, axes, "sum"), from);
                }));
}

Variable mean(const Variable& x, const Axes& axes, bool keepdim) {
  check_floating("mean", x);
  const double count = reduced_count(x.shape(), axes, "mean");
  check(count > 0, "mean: no elements to average in ", x.shape());
  return record("mean", kernels::mean(x.value(), axes, keepdim),
                wrt(x, [from = x.shape(), axes, count](const Variable& dy) {
                  return broadcast_to(with_kept_axes(dy / count, from, axes, "mean"), from);
                }));
}

Variable var(const Variable& x, const Axes& axes, bool keepdim, int correction) {
  check_floating("var", x);
  const double count = reduced_count(x.shape(), axes, "var");
  check(count > correction, "var: ", count, " elements are too few for correction ", correction);
  return record("var", kernels::var(x.value(), axes, keepdim, correction),
                wrt(x, [x, axes, half = (count - correction) / 2](const Variable& dy) {
                  return with_kept_axes(dy, x.shape(), axes, "var") * center(x, axes, half);
                }));
}

Variable max(const Variable& x, const Axes& axes, bool keepdim) {
  return reduce_extreme("max", x, kernels::max(x.value(), axes, keepdim), axes);
}

Variable min(const Variable& x, const Axes& axes, bool keepdim) {
  return reduce_extreme("min", x, kernels::min(x.value(), axes, keepdim), axes);
}

Variable prod(const Variable& x, const Axes& axes, bool keepdim) {
  const auto reduced = axis_flags(axes, x.rank(), "prod");
  // Products of float32 that leave its range on the way come back in float64.
  Variable y = x.dtype() == DType::float32 ? cast(x, DType::float64) : x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (!reduced[axis]) {
      continue;
    }
    if (y.size(axis) == 0) {
      y = sum(y, {axis}, /*keepdim=*/true) + 1.0;
    }
    while (y.size(axis) > 1) {
      const std::int64_t n = y.size(axis), half = n / 2;
      const Variable halves = slice(y, axis, 0, half) * slice(y, axis, half, 2 * half);
      y = n % 2 == 0 ? halves : concat({halves, slice(y, axis, n - 1, n)}, axis);
    }
  }
  y = reshape(y, reduced_shape(x.shape(), axes, keepdim, "prod"));
  return y.dtype() == x.dtype() ? y : cast(y, x.dtype());
}

Variable logsumexp(const Variable& x, const Axes& axes, bool keepdim) {
  return record("logsumexp", kernels::logsumexp(x.value(), axes, keepdim), wrt(x, [x, axes](const Variable& dy) {
                  return with_kept_axes(dy, x.shape(), axes, "logsumexp") * weights_of(x, axes);
                }));
}

Variable broadcast_to(const Variable& x, const Shape& shape) {
  const Shape from = x.shape();
  return linear_map(
      "broadcast_to", x, [shape](const Tensor& t) { return kernels::broadcast_to(t, shape); },
      [from](const Tensor& t) { return kernels::sum_to(t, from); });
}

Variable sum_to(const Variable& x, const Shape& shape) {
  const Shape from = x.shape();
  return linear_map(
      "sum_to", x, [shape](const Tensor& t) { return kernels::sum_to(t, shape); },
      [from](const Tensor& t) { return kernels::broadcast_to(t, from); });
}

}  // namespace gibbs
