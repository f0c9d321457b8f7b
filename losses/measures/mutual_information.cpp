#include "gibbs/losses/measures/mutual_information.h"

#include <cmath>
#include <utility>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/detail/at_least_zero.h"
#include "gibbs/losses/detail/in_float64.h"
#include "gibbs/losses/detail/map_in_double.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::losses {
namespace {

/// joint [..., X, Y], checked as one distribution over X Y pairs, and normalised if asked.
Variable checked(const char* op, const Variable& joint, const MeasureOptions& options) {
  check(joint.rank() >= 2, op, ": joint must be [..., X, Y], not ", joint.shape());
  const Shape& shape = joint.shape();
  const Shape leading = shape.sub(0, shape.rank() - 2);
  const Shape flat = leading.with_inserted(leading.rank(), shape[-2] * shape[-1]);
  return reshape(distributions(op, "joint", reshape(joint, flat), options), shape);
}

/// x [...], at least 0 where joint [..., X, Y] sums to 1 to rounding.
Variable of_joint(const Variable& x, const Variable& joint) {
  const Shape& shape = joint.shape();
  const Shape flat = x.shape().with_inserted(x.rank(), shape[-2] * shape[-1]);
  return at_least_zero(x, rows_that_sum_to(joint.value().reshape(flat), 1));
}

/// y [..., X, Y] = the sum over the other x of each (x, y): its own adjoint. Of numbers before and numbers behind,
/// since a marginal without its largest part would have nothing left.
Variable others(const Variable& joint) {
  const auto sum_others = [](const Tensor& p) {
    Tensor result = Tensor::zeros(p.shape(), p.dtype());
    const std::int64_t n_y = p.size(-1), size = p.size(-2) * n_y;
    for (std::int64_t first = 0; first < p.numel(); first += size) {
      const double* from = p.data<double>() + first;
      double* to = result.mutable_data<double>() + first;
      for (std::int64_t y = 0; y < n_y; ++y) {
        double before = 0, behind = 0;
        for (std::int64_t i = y, j = size - n_y + y; i < size; i += n_y, j -= n_y) {
          to[i] += std::exchange(before, before + from[i]);
          to[j] += std::exchange(behind, behind + from[j]);
        }
      }
    }
    return result;
  };
  return linear_map("others", joint, sum_others, sum_others);
}

/// y = ln(1 + a / p), p > 0.   da = dy / (p + a), dp = -dy a / (p + a) / p.
Variable log_one_plus_ratio(const Variable& a, const Variable& p) {
  const auto value = [](double of, double whole) {
    return of < whole ? portable::log1p(of / whole) : portable::log(whole + of) - portable::log(whole);
  };
  return record("log_one_plus_ratio", map_in_double("log_one_plus_ratio", a.value(), p.value(), value),
                wrt(a, [a, p](const Variable& dy) { return dy / (p + a); }),
                wrt(p, [a, p](const Variable& dy) { return -(dy / p * (a / (p + a))); }));
}

Variable log_marginal_x(const Variable& joint) { return log_of_positive(sum(joint, {-1}, /*keepdim=*/true)); }
Variable log_marginal_y(const Variable& joint) { return log_of_positive(sum(joint, {-2}, /*keepdim=*/true)); }

/// sum p ln(p(y) / p), p(y) = p + others. At p = 0 ln p counts as 0 and ln p(y) as it is: derivatives need it.
Variable conditional_in_nats(const Variable& p) {
  const Tensor positive = kernels::greater(p.value(), 0.0);
  const Variable log_of_ratio = log_one_plus_ratio(others(p), where_or(positive, p, 1));
  return sum(p * where(positive, log_of_ratio, log_marginal_y(p)), {-2, -1});
}

/// sum of joint ln joint.
Variable sum_plogp(const Variable& joint) { return sum(joint * log_of_positive(joint), {-2, -1}); }

void check_dtypes(const char* op, const char* other, const Variable& p_x, const Variable& y) {
  check(is_floating(p_x.dtype()) && p_x.dtype() == y.dtype(), op, ": p_x is ", p_x.dtype(), ", ", other, " ", y.dtype(),
        "; they must be float32 or float64, and equal; convert with cast");
}

/// x [..., n] as [..., n, 1] or, before its last axis, [..., 1, n].
Variable with_axis(const Variable& x, int before) { return reshape(x, x.shape().with_inserted(before, 1)); }

}  // namespace

Variable mutual_information(const Variable& joint, const MeasureOptions& options) {
  const Variable given = checked("mutual_information", joint, options);
  const auto nats = [](const Variable& p) {
    return sum(p * (log_of_positive(p) - log_marginal_x(p) - log_marginal_y(p)), {-2, -1});
  };
  return in_base(of_joint(in_float64(nats, given), given), options.base);
}

Variable conditional_entropy(const Variable& joint, const MeasureOptions& options) {
  return in_base(in_float64(conditional_in_nats, checked("conditional_entropy", joint, options)), options.base);
}

Variable joint_entropy(const Variable& joint, const MeasureOptions& options) {
  const Variable p = checked("joint_entropy", joint, options);
  return in_base(of_joint(0.0 - sum_plogp(p), p), options.base);
}

Variable marginal_x(const Variable& joint) {
  check(joint.rank() >= 2, "marginal_x: joint must be [..., X, Y], not ", joint.shape());
  return sum(joint, {-1});
}

Variable marginal_y(const Variable& joint) {
  check(joint.rank() >= 2, "marginal_y: joint must be [..., X, Y], not ", joint.shape());
  return sum(joint, {-2});
}

Variable independent_joint(const Variable& p_x, const Variable& p_y) {
  check(p_x.rank() >= 1 && p_y.rank() >= 1, "independent_joint: p_x must be [..., X] and p_y [..., Y], not ",
        p_x.shape(), " and ", p_y.shape());
  check_dtypes("independent_joint", "p_y", p_x, p_y);
  broadcast_shapes(p_x.shape().sub(0, p_x.rank() - 1), p_y.shape().sub(0, p_y.rank() - 1), "independent_joint");
  return with_axis(p_x, p_x.rank()) * with_axis(p_y, p_y.rank() - 1);
}

Variable joint_of(const Variable& p_x, const Variable& p_y_given_x) {
  check(
      p_x.rank() >= 1 && p_y_given_x.rank() == p_x.rank() + 1 && p_x.shape() == p_y_given_x.shape().without(p_x.rank()),
      "joint_of: p_x must be [..., X] and p_y_given_x [..., X, Y], not ", p_x.shape(), " and ", p_y_given_x.shape());
  check_dtypes("joint_of", "p_y_given_x", p_x, p_y_given_x);
  return with_axis(p_x, p_x.rank()) * p_y_given_x;
}

}  // namespace gibbs::losses
