#include "gibbs/losses/renyi_tsallis.h"

#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/at_least_zero.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

// Both families are functions of sum_k p_k r_k^(alpha - 1): r = p for entropies, r = p / q for divergences. Classes
// where r is 0 or infinite are outside of `common`; the sum runs over the others.

namespace gibbs::losses {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Up to e^this, p (e^u - 1) is computed as it is written.
constexpr double kLargeExponent = 30;

/// Orders above it are taken for infinite: what they differ by is lost in rounding.
constexpr double kLargestOrder = 1e30;

struct Terms {
  Variable p, log_r;      // [..., K]; log_r is 0 outside of common
  Variable log_p, log_q;  // [..., K]; log_q is 0 for entropies
  Tensor common;          // uint8 [..., K]

  /// ln(p r^(alpha - 1)) = alpha ln p - (alpha - 1) ln q. The order is multiplied in before a gradient is divided by p,
  /// so that at alpha = 0 it is 0 for denormal p, too, and not the difference of infinities.
  Variable log_powers(double alpha) const { return log_p * alpha - log_q * (alpha - 1); }
};

bool is_infinite(double alpha) { return alpha > kLargestOrder; }

void check_alpha(const char* op, double alpha) {
  check(alpha >= 0, op, ": alpha is ", alpha, "; orders are in [0, inf]");
}

Terms terms_of(const Variable& p) {
  const Variable log_p = log_of_positive(p);
  return {p, log_p, log_p, Tensor::zeros(p.shape(), p.dtype()), kernels::greater(p.value(), 0.0)};
}

Terms terms_of(const Variable& p, const Variable& q) {
  const Tensor common = kernels::mul(kernels::greater(p.value(), 0.0), kernels::greater(q.value(), 0.0));
  return {p, log_ratio(where_or(common, p, 1), where_or(common, q, 1)), log_of_positive(p), log_of_positive(q), common};
}

Tensor opposite(const Tensor& condition) { return kernels::equal(condition, 0.0); }

/// [..., 1]: 1 where p and q have no class in common, or, for alpha >= 1, p > 0 = q somewhere.
Tensor infinite_rows(const Variable& p, const Variable& q, double alpha) {
  const Tensor p_positive = kernels::greater(p.value(), 0.0);
  const Tensor common = kernels::mul(p_positive, kernels::greater(q.value(), 0.0));
  const Tensor disjoint = opposite(kernels::max(common, {-1}, /*keepdim=*/true));
  const Tensor uncovered = kernels::mul(p_positive, kernels::equal(q.value(), 0.0));
  return alpha < 1 ? disjoint : kernels::maximum(disjoint, kernels::max(uncovered, {-1}, /*keepdim=*/true));
}

/// finite(p, q) [...], with +inf in the rows [..., 1] that are infinite. There finite sees p in place of q, so that
/// nothing in it overflows, and its gradient is not used.
template <class Finite>
Variable or_infinite(const Tensor& infinite, const Variable& p, const Variable& q, Finite finite) {
  return where_or(opposite(kernels::max(infinite, {-1})), finite(terms_of(p, where(infinite, p, q))), kInfinity);
}

/// ln(sum p r^(alpha - 1) / sum p) / (alpha - 1) for alpha != 1: [...].
Variable log_power_mean(const Terms& terms, double alpha) {
  const auto& [p, log_r, log_p, log_q, common] = terms;
  const double e = alpha - 1;
  const Variable total = sum(p, {-1}), u = log_r * e;
  // Near: 1 + t with t = sum p (e^u - 1) / sum p, exact for small e and exactly 1 for r = 1.
  const Tensor moderate = kernels::less(kernels::max(kernels::abs(u.value()), {-1}, /*keepdim=*/true), kLargeExponent);
  const Variable safe_u = where(moderate, u, Tensor::zeros({}, p.dtype()));
  const Variable t = sum(where(common, p * expm1(safe_u), -p), {-1}) / total;
  const Tensor near = kernels::mul(kernels::less(kernels::abs(t.value()), .5), kernels::max(moderate, {-1}));
  // Elsewhere in log space, where nothing overflows.
  const Variable logs = where_or(common, terms.log_powers(alpha), -kInfinity);
  return where(near, log1p(where_or(near, t, 0)), logsumexp(logs, {-1}) - log(total)) * (1 / e);
}

/// sum p (r^(alpha - 1) - 1) / (alpha - 1) for alpha != 1: [...].
Variable power_gap(const Terms& terms, double alpha) {
  const auto& [p, log_r, log_p, log_q, common] = terms;
  const double e = alpha - 1;
  const Variable u = log_r * e;
  const Tensor moderate = kernels::less(kernels::abs(u.value()), kLargeExponent);
  const Variable near = p * expm1(where_or(moderate, u, 0));
  const Variable far = exp(where_or(opposite(moderate), terms.log_powers(alpha), 0)) - p;
  return sum(where(common, where(moderate, near, far), -p), {-1}) * (1 / e);
}

struct Pair {
  Variable p, q;
};

Pair pair_of(const char* op, const Variable& p, const Variable& q, double alpha, const MeasureOptions& options) {
  check_alpha(op, alpha);
  check_comparable(op, p, q);
  return {distributions(op, "p", p, options), distributions(op, "q", q, options)};
}

Variable of_order(const char* op, const Variable& given, double alpha, const MeasureOptions& options) {
  check_alpha(op, alpha);
  return distributions(op, "p", given, options);
}

Variable shannon(const Variable& p) { return 0.0 - sum(p * log_of_positive(p), {-1}); }

Variable renyi_entropy_in_nats(const Variable& p, double alpha) {
  if (alpha == 1) {
    return shannon(p) / sum(p, {-1});
  }
  if (is_infinite(alpha)) {
    return 0.0 - log(max(p, {-1}));
  }
  return 0.0 - log_power_mean(terms_of(p), alpha);
}

/// The divergences of order alpha in nats, where they are finite.
Variable finite_renyi(const Terms& terms, double alpha) {
  if (alpha == 1) {
    return sum(terms.p * terms.log_r, {-1}) / sum(terms.p, {-1});
  }
  return is_infinite(alpha) ? max(where_or(terms.common, terms.log_r, -kInfinity), {-1}) : log_power_mean(terms, alpha);
}

Variable finite_tsallis(const Terms& terms, double alpha) {
  return alpha == 1 ? sum(terms.p * terms.log_r, {-1}) : power_gap(terms, alpha);
}

/// At infinity: 0 where no p is greater than q, +inf elsewhere; connected to both, with gradient 0.
Variable tsallis_at_infinity(const Variable& p, const Variable& q) {
  const Tensor above = kernels::max(kernels::greater(p.value(), q.value()), {-1});
  return where_or(opposite(above), sum(p + q, {-1}) * 0.0, kInfinity);
}

Variable tsallis_divergence_in_nats(const Variable& p, const Variable& q, double alpha) {
  const auto finite = [alpha](const Terms& terms) { return finite_tsallis(terms, alpha); };
  if (alpha < 1) {  // finite even where p and q have no class in common: 1 / (1 - alpha)
    return finite(terms_of(p, q));
  }
  return is_infinite(alpha) ? tsallis_at_infinity(p, q) : or_infinite(infinite_rows(p, q, alpha), p, q, finite);
}

/// x [...], at least 0 where p [..., K] (and q) sum to 1 to rounding.
Variable clipped(const Variable& x, const Variable& p) { return at_least_zero(x, rows_that_sum_to(p.value(), 1)); }
Variable clipped(const Variable& x, const Variable& p, const Variable& q) {
  return at_least_zero(x, are_distributions(p.value(), q.value()));
}

}  // namespace

Variable renyi_entropy(const Variable& p, double alpha, const MeasureOptions& options) {
  const Variable given = of_order("renyi_entropy", p, alpha, options);
  return in_base(clipped(renyi_entropy_in_nats(given, alpha), given), options.base);
}

Variable renyi_divergence(const Variable& p, const Variable& q, double alpha, const MeasureOptions& options) {
  const auto [target, prediction] = pair_of("renyi_divergence", p, q, alpha, options);
  const auto finite = [alpha](const Terms& terms) { return finite_renyi(terms, alpha); };
  const Tensor infinite = infinite_rows(target, prediction, alpha);
  return in_base(clipped(or_infinite(infinite, target, prediction, finite), target, prediction), options.base);
}

Variable tsallis_entropy(const Variable& p, double alpha, const MeasureOptions& options) {
  const Variable given = of_order("tsallis_entropy", p, alpha, options);
  if (alpha == 1) {
    return in_base(clipped(shannon(given), given), options.base);
  }
  if (is_infinite(alpha)) {
    return sum(given, {-1}) * 0.0;
  }
  return in_base(clipped(0.0 - power_gap(terms_of(given), alpha), given), options.base);
}

Variable tsallis_divergence(const Variable& p, const Variable& q, double alpha, const MeasureOptions& options) {
  const auto [target, prediction] = pair_of("tsallis_divergence", p, q, alpha, options);
  return in_base(clipped(tsallis_divergence_in_nats(target, prediction, alpha), target, prediction), options.base);
}

}  // namespace gibbs::losses
