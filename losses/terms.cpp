#include "gibbs/losses/terms.h"

#include <cmath>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/detail/map_in_double.h"
#include "gibbs/losses/detail/phi.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::losses {
namespace {

double log_ratio_of(double a, double b) {
  return std::abs(a - b) < b / 2 ? portable::log1p((a - b) / b) : portable::log(a) - portable::log(b);
}

double generalized_term(double p, double q) {
  if (p == 0) {
    return q;
  }
  const double u = log_ratio_of(q, p);
  return std::abs(u) < 1 ? p * phi(u) : (q - p) - p * u;
}

/// 1 - p / q, without cancellation where p is near q; 1 where both are 0.
Variable gap_over_q(const Variable& p, const Variable& q) {
  const Tensor either = kernels::maximum(kernels::greater(p.value(), 0.0), kernels::greater(q.value(), 0.0));
  const Variable safe_q = where_or(either, q, 1);
  const Tensor near =
      kernels::less(kernels::abs(kernels::sub(p.value(), safe_q.value())), kernels::mul(safe_q.value(), .5));
  return where(near, (safe_q - p) / safe_q, 1.0 - p / safe_q);
}

/// ln(2p / (p + q)), p > 0.
double log_share_of(double p, double q) {
  const double d = (p - q) / (p + q);
  return d > -.5 ? portable::log1p(d) : portable::log(2 * p) - portable::log(p + q);
}

double jensen_shannon_term(double p, double q) {
  if (p == q) {
    return 0;
  }
  const double s = p + q, d = (p - q) / s;
  if (std::abs(d) < .5) {
    return s / 4 * (portable::log1p(-d * d) + d * (portable::log1p(d) - portable::log1p(-d)));
  }
  return ((p > 0 ? p * log_share_of(p, q) : 0) + (q > 0 ? q * log_share_of(q, p) : 0)) / 2;
}

/// y = ln(2p / (p + q)).   dp = dy q / (p (p + q)), dq = -dy / (p + q).
Variable log_share(const Variable& p, const Variable& q) {
  return record("log_share", map_in_double("log_share", p.value(), q.value(), log_share_of),
                wrt(p, [p, q](const Variable& dy) { return dy * (q / (p + q)) / p; }),
                wrt(q, [p, q](const Variable& dy) { return -(dy / (p + q)); }));
}

/// ln(p / m) / 2, 0 at p = 0.
Variable jensen_shannon_gradient(const Variable& p, const Variable& q) {
  const Tensor positive = kernels::greater(p.value(), 0.0);
  return where_or(positive, log_share(where_or(positive, p, 1), q), 0) * .5;
}

}  // namespace

void check_terms(const char* op, const Variable& a, const Variable& b) {
  check(a.shape() == b.shape() && a.dtype() == b.dtype(), op, ": operands are ", a.dtype(), " ", a.shape(), " and ",
        b.dtype(), " ", b.shape(), "; they must be equal, broadcast or cast one");
  check_terms(op, a);
}

void check_terms(const char* op, const Variable& x) {
  check(is_floating(x.dtype()), op, ": needs float32 or float64, not ", x.dtype(), "; convert with cast");
}

Variable where_or(const Tensor& condition, const Variable& x, double number) {
  check(condition.dtype() == DType::uint8, "where_or: the condition is ", condition.dtype(),
        ", not uint8; make it with a comparison");
  broadcast_shapes(condition.shape(), x.shape(), "where_or");
  return where(condition, x, Tensor::full(x.shape(), number, x.dtype()));
}

Variable log_of_positive(const Variable& x) {
  check_terms("log_of_positive", x);
  return log(where_or(kernels::greater(x.value(), 0.0), x, 1));
}

Variable log_ratio(const Variable& a, const Variable& b) {
  return record("log_ratio", map_in_double("log_ratio", a.value(), b.value(), log_ratio_of),
                wrt(a, [a](const Variable& dy) { return dy / a; }),
                wrt(b, [b](const Variable& dy) { return -(dy / b); }));
}

Variable log_ratio_for_target(const Variable& p, const Variable& q) {
  check_terms("log_ratio_for_target", p, q);
  const Tensor p_positive = kernels::greater(p.value(), 0.0);
  const Tensor either = kernels::maximum(p_positive, kernels::greater(q.value(), 0.0));
  return log_ratio(where_or(p_positive, p, 1), where_or(either, q, 1));
}

Variable plogq(const Variable& p, const Variable& q) {
  check_terms("plogq", p, q);
  const Tensor either = kernels::maximum(kernels::greater(p.value(), 0.0), kernels::greater(q.value(), 0.0));
  return p * log(where_or(either, q, 1));
}

Variable relative_entropy_terms(const Variable& p, const Variable& q) {
  check_terms("relative_entropy_terms", p, q);
  return p * log_ratio_for_target(p, q);
}

Variable generalized_relative_entropy_terms(const Variable& p, const Variable& q) {
  const char* op = "generalized_relative_entropy_terms";
  return record(op, map_in_double(op, p.value(), q.value(), generalized_term),
                wrt(p,
                    [p, q](const Variable& dy) {
                      const Tensor p_is_zero = kernels::cast(kernels::equal(p.value(), 0.0), p.dtype());
                      return dy * (log_ratio_for_target(p, q) - p_is_zero);
                    }),
                wrt(q, [p, q](const Variable& dy) { return dy * gap_over_q(p, q); }));
}

Variable jeffreys_terms(const Variable& p, const Variable& q) {
  check_terms("jeffreys_terms", p, q);
  const Tensor either = kernels::maximum(kernels::greater(p.value(), 0.0), kernels::greater(q.value(), 0.0));
  return (p - q) * log_ratio(where_or(either, p, 1), where_or(either, q, 1));
}

Variable jensen_shannon_terms(const Variable& p, const Variable& q) {
  return record("jensen_shannon_terms",
                map_in_double("jensen_shannon_terms", p.value(), q.value(), jensen_shannon_term),
                wrt(p, [p, q](const Variable& dy) { return dy * jensen_shannon_gradient(p, q); }),
                wrt(q, [p, q](const Variable& dy) { return dy * jensen_shannon_gradient(q, p); }));
}

}  // namespace gibbs::losses
