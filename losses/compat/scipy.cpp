#include "gibbs/losses/compat/scipy.h"

#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/detail/rename_errors.h"
#include "gibbs/losses/measures/distribution.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/information.h"
#include "gibbs/losses/measures/jensen_shannon.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses::compat::scipy {
namespace {

constexpr MeasureOptions kNormalize = {.base = Base::nats, .normalize = true};

/// x with `axis` moved to the end.
Variable with_axis_last(const char* op, const Variable& x, int axis) {
  const int moved = normalize_axis(axis, x.rank(), op);
  Axes axes;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != moved) {
      axes.push_back(i);
    }
  }
  axes.push_back(moved);
  return permute_copy(x, axes);
}

/// What nats are multiplied by.
double units(const char* op, const Options& options) {
  const double base = options.base.value_or(std::exp(1.0));
  check(base > 0 && base != 1 && std::isfinite(base), op, ": base is ", base, "; logarithms need one above 0, not 1");
  return options.base ? 1 / std::log(base) : 1;
}

struct Operands {
  Variable x, y;  // broadcast; 1 where they are outside
  Tensor inside;  // neither is negative
};

Operands operands_of(const char* op, const Variable& a, const Variable& b) {
  check(is_floating(a.dtype()) && a.dtype() == b.dtype(), op, ": x is ", a.dtype(), ", y ", b.dtype(),
        "; they must be float32 or float64, and equal; convert with cast");
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), op);
  const Variable x = broadcast_to(a, shape), y = broadcast_to(b, shape);
  const Tensor negative = kernels::maximum(kernels::less(x.value(), 0.0), kernels::less(y.value(), 0.0));
  const Tensor inside = kernels::equal(negative, 0.0);
  return {where_or(inside, x, 1), where_or(inside, y, 1), inside};
}

}  // namespace

Variable rel_entr(const Variable& x, const Variable& y) {
  const auto [a, b, inside] = operands_of("rel_entr", x, y);
  return where_or(inside, relative_entropy_terms(a, b), std::numeric_limits<double>::infinity());
}

Variable kl_div(const Variable& x, const Variable& y) {
  const auto [a, b, inside] = operands_of("kl_div", x, y);
  return where_or(inside, generalized_relative_entropy_terms(a, b), std::numeric_limits<double>::infinity());
}

Variable entropy(const Variable& pk, const Options& options) {
  return losses::entropy(with_axis_last("entropy", pk, options.axis), kNormalize) * units("entropy", options);
}

Variable entropy(const Variable& pk, const Variable& qk, const Options& options) {
  check_comparable("entropy", pk, qk);
  const Variable p = with_axis_last("entropy", pk, options.axis), q = with_axis_last("entropy", qk, options.axis);
  const auto nats = [&] { return kl_divergence(p, q, kNormalize); };
  return rename_errors("entropy", nats) * units("entropy", options);
}

Variable jensenshannon(const Variable& p, const Variable& q, const Options& options) {
  check_comparable("jensenshannon", p, q);
  const Variable first = with_axis_last("jensenshannon", p, options.axis);
  const Variable second = with_axis_last("jensenshannon", q, options.axis);
  const double unit = units("jensenshannon", options);
  check(unit > 0, "jensenshannon: base is ", *options.base, "; a distance needs one above 1");
  return rename_errors("jensenshannon", [&] { return js_distance(first, second, kNormalize); }) * std::sqrt(unit);
}

}  // namespace gibbs::losses::compat::scipy
