#include "gibbs/losses/measures/renyi_tsallis.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/detail/at_least_zero.h"
#include "gibbs/losses/detail/in_float64.h"
#include "gibbs/losses/detail/map_in_double.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

// Both families are functions of sum_k p_k r_k^(alpha - 1), r = p / q, where entropies have q = 1. Classes where p or q
// is 0 are outside of `common`; the sum runs over the others.
//
// Powers of small numbers overflow and underflow long before what is made of them does. So everything is computed in
// float64 whatever the dtype, with exponents of long double, and no gradient is a product with a power that could be
// infinite or 0: derivatives of p^a q^b are powers again, a p^(a-1) q^b and b p^a q^(b-1).

namespace gibbs::losses {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Orders above it are taken for infinite: what they differ by is lost in rounding.
constexpr double kLargestOrder = 1e30;

bool is_infinite(double alpha) { return alpha > kLargestOrder; }

void check_alpha(const char* op, double alpha) {
  check(alpha >= 0, op, ": alpha is ", alpha, "; orders are in [0, inf]");
}

/// ln(p / q), to the last digits where p is near q.
long double log_ratio_of(long double p, long double q) {
  return std::abs(p - q) < q / 2 ? std::log1p((p - q) / q) : std::log(p) - std::log(q);
}

/// ln(p^a q^b) as (a + b) ln q + a ln(p / q): for a + b = 1 nothing cancels, however large a is.
long double log_power_of(double p, double q, double a, double b) {
  const long double whole = a + b, ratio = a == 0 ? 0 : a * log_ratio_of(p, q);
  return whole == 0 ? ratio : whole * std::log(static_cast<long double>(q)) + ratio;
}

/// y [..., K] = p^a q^b e^-c of positive p, q and any c.
Variable power_product(const Variable& p, const Variable& q, double a, double b, const Variable& c) {
  Tensor value = Tensor::uninitialized(p.shape(), DType::float64);
  const auto *of_p = p.value().data<double>(), *of_q = q.value().data<double>(), *of_c = c.value().data<double>();
  auto* y = value.mutable_data<double>();
  for (std::int64_t i = 0; i < value.numel(); ++i) {
    y[i] = static_cast<double>(std::exp(log_power_of(of_p[i], of_q[i], a, b) - of_c[i]));
  }
  const auto power = [=](double factor, double new_a, double new_b) {
    return [=](const Variable& dy) {
      return factor == 0 ? dy * 0.0 : dy * (power_product(p, q, new_a, new_b, c) * factor);
    };
  };
  return record("power_product", value, wrt(p, power(a, a - 1, b)), wrt(q, power(b, a, b - 1)),
                wrt(c, [](const Variable& y_of, const Variable& dy) { return -(dy * y_of); }));
}

Tensor opposite(const Tensor& condition) { return kernels::equal(condition, 0.0); }

/// A target and a prediction, float64 [..., K]; both are 1 outside of common.
struct Terms {
  Variable p, q, given_p;
  Tensor common;  // uint8 [..., K]

  /// The same, with 1 for p and q in the rows [...] that do not count: no derivative of theirs is infinite.
  Terms only(const Tensor& rows) const {
    const Tensor column = rows.reshape(rows.shape().with_inserted(rows.rank(), 1));
    return {where_or(column, p, 1), where_or(column, q, 1), given_p, common};
  }
};

Terms terms_of(const Variable& p, const Variable& q) {
  const Tensor common = kernels::minimum(kernels::greater(p.value(), 0.0), kernels::greater(q.value(), 0.0));
  return {where_or(common, p, 1), where_or(common, q, 1), p, common};
}

/// ln of the sum of e^x, -inf of nothing.
double log_sum_of_exponentials(const std::vector<long double>& x) {
  const long double largest = x.empty() ? -kInfinity : *std::max_element(x.begin(), x.end());
  long double sum = 0;
  for (const long double of : x) {
    sum += std::exp(of - largest);
  }
  return static_cast<double>(largest + (x.empty() ? 0 : std::log(sum)));
}

/// ln(sum p^alpha q^(1 - alpha) over common) / (alpha - 1): [...].
Variable log_power_sum(const Terms& terms, double alpha) {
  const std::int64_t classes = terms.p.size(-1);
  Tensor value = Tensor::uninitialized(terms.p.shape().without(terms.p.rank() - 1), DType::float64);
  const auto *p = terms.p.value().data<double>(), *q = terms.q.value().data<double>();
  const auto* common = terms.common.data<std::uint8_t>();
  std::vector<long double> logs;
  for (std::int64_t n = 0; n < value.numel(); ++n) {
    logs.clear();
    for (std::int64_t i = n * classes; i < (n + 1) * classes; ++i) {
      if (common[i] != 0) {
        logs.push_back(log_power_of(p[i], q[i], alpha, 1 - alpha));
      }
    }
    value.mutable_data<double>()[n] = log_sum_of_exponentials(logs) / (alpha - 1);
  }
  const auto power = [terms, alpha](double factor, double a, double b) {
    return [=](const Variable& log_sum, const Variable& dy) {
      const auto in_rows = [&](const Variable& x) {
        return broadcast_to(reshape(x, x.shape().with_inserted(x.rank(), 1)), terms.p.shape());
      };
      const Variable y = power_product(terms.p, terms.q, a, b, in_rows(log_sum * (alpha - 1)));
      return factor == 0 ? terms.p * 0.0 : where_or(terms.common, in_rows(dy) * (y * factor), 0);
    };
  };
  return record("log_power_sum", value, wrt(terms.p, power(alpha / (alpha - 1), alpha - 1, 1 - alpha)),
                wrt(terms.q, power(-1, alpha, -alpha)));
}

/// What e^((alpha - 1) ln(p / q)) - 1 and the like are made of, in long double.
template <class F>
Tensor map_ratios(const Variable& p, const Variable& q, double alpha, F f) {
  return map_in_double("map_ratios", p.value(), q.value(), [&](double of_p, double of_q) {
    return static_cast<double>(f(static_cast<long double>(of_p), (alpha - 1) * log_ratio_of(of_p, of_q)));
  });
}

/// y = p^a q^b.
Variable power_product(const Variable& p, const Variable& q, double a, double b) {
  return power_product(p, q, a, b, Tensor::zeros(p.shape(), DType::float64));
}

/// y = (alpha r^(alpha - 1) - 1) / (alpha - 1), r = p / q.   dp = dy alpha p^(alpha - 2) q^(1 - alpha),
/// dq = -dy alpha p^(alpha - 1) q^-alpha.
Variable gap_slope(const Variable& p, const Variable& q, double alpha) {
  const auto slope = [alpha](long double, long double u) {
    return std::abs(u) < 1 ? std::expm1(u) / (alpha - 1) + std::exp(u) : (alpha * std::exp(u) - 1) / (alpha - 1);
  };
  return record("gap_slope", map_ratios(p, q, alpha, slope),
                wrt(p, [=](const Variable& dy) { return dy * (power_product(p, q, alpha - 2, 1 - alpha) * alpha); }),
                wrt(q, [=](const Variable& dy) { return -(dy * (power_product(p, q, alpha - 1, -alpha) * alpha)); }));
}

/// y = p (r^(alpha - 1) - 1) / (alpha - 1), exact for alpha near 1 and exactly 0 for p = q.   dp = dy gap_slope,
/// dq = -dy r^alpha.
Variable power_gap(const Variable& p, const Variable& q, double alpha) {
  const auto gap = [alpha](long double of, long double u) { return of * std::expm1(u) / (alpha - 1); };
  return record("power_gap", map_ratios(p, q, alpha, gap),
                wrt(p, [=](const Variable& dy) { return dy * gap_slope(p, q, alpha); }),
                wrt(q, [=](const Variable& dy) { return -(dy * power_product(p, q, alpha, -alpha)); }));
}

/// sum p (r^(alpha - 1) - 1) / (alpha - 1) for alpha != 1: [...].
Variable sum_of_gaps(const Terms& terms, double alpha) {
  return sum(where(terms.common, power_gap(terms.p, terms.q, alpha), terms.given_p * (1 / (1 - alpha))), {-1});
}

/// ln(sum p r^(alpha - 1) / sum p) / (alpha - 1) for alpha != 1: [...].
Variable log_power_mean(const Terms& terms, double alpha) {
  const double e = alpha - 1;
  const Variable total = sum(terms.given_p, {-1});
  // The mean is 1 + t: near 1 from t, elsewhere from its logarithm, where nothing overflows.
  const Tensor t = kernels::div(kernels::mul(sum_of_gaps(terms, alpha).value(), e), total.value());
  const Tensor near = kernels::less(kernels::abs(t), .5), far = opposite(near);
  const Variable from_one = log1p(where_or(near, sum_of_gaps(terms.only(near), alpha) * e / total, 0));
  return where(near, from_one * (1 / e), log_power_sum(terms.only(far), alpha) - log(total) * (1 / e));
}

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

DistributionPair pair_of(const char* op, const Variable& p, const Variable& q, double alpha,
                         const MeasureOptions& options) {
  check_alpha(op, alpha);
  return distribution_pair(op, p, q, options);
}

Variable of_order(const char* op, const Variable& given, double alpha, const MeasureOptions& options) {
  check_alpha(op, alpha);
  return distributions(op, "p", given, options);
}

Tensor ones_like(const Variable& p) { return Tensor::ones(p.shape(), p.dtype()); }

Variable shannon(const Variable& p) { return 0.0 - sum(p * log_of_positive(p), {-1}); }

Variable renyi_entropy_in_nats(const Variable& p, double alpha) {
  if (alpha == 1) {
    return shannon(p) / sum(p, {-1});
  }
  if (is_infinite(alpha)) {
    return 0.0 - log(max(p, {-1}));
  }
  return 0.0 - log_power_mean(terms_of(p, ones_like(p)), alpha);
}

/// The divergences of order alpha in nats, where they are finite.
Variable finite_renyi(const Terms& terms, double alpha) {
  if (alpha == 1) {
    return sum(terms.p * log_ratio(terms.p, terms.q), {-1}) / sum(terms.given_p, {-1});
  }
  return is_infinite(alpha) ? max(where_or(terms.common, log_ratio(terms.p, terms.q), -kInfinity), {-1})
                            : log_power_mean(terms, alpha);
}

Variable finite_tsallis(const Terms& terms, double alpha) {
  return alpha == 1 ? sum(terms.p * log_ratio(terms.p, terms.q), {-1}) : sum_of_gaps(terms, alpha);
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
Variable of_distributions(const Variable& x, const Variable& p) {
  return at_least_zero(x, rows_that_sum_to(p.value(), 1));
}
Variable of_distributions(const Variable& x, const Variable& p, const Variable& q) {
  return at_least_zero(x, are_distributions(p.value(), q.value()));
}

}  // namespace

Variable renyi_entropy(const Variable& p, double alpha, const MeasureOptions& options) {
  const Variable given = of_order("renyi_entropy", p, alpha, options);
  const auto nats = [alpha](const Variable& x) { return renyi_entropy_in_nats(x, alpha); };
  return in_base(of_distributions(in_float64(nats, given), given), options.base);
}

Variable renyi_divergence(const Variable& p, const Variable& q, double alpha, const MeasureOptions& options) {
  const auto [target, prediction] = pair_of("renyi_divergence", p, q, alpha, options);
  const auto nats = [alpha](const Variable& x, const Variable& y) {
    return or_infinite(infinite_rows(x, y, alpha), x, y,
                       [alpha](const Terms& terms) { return finite_renyi(terms, alpha); });
  };
  return in_base(of_distributions(in_float64(nats, target, prediction), target, prediction), options.base);
}

Variable tsallis_entropy(const Variable& p, double alpha, const MeasureOptions& options) {
  const Variable given = of_order("tsallis_entropy", p, alpha, options);
  if (is_infinite(alpha)) {
    return sum(given, {-1}) * 0.0;
  }
  const auto nats = [alpha](const Variable& x) {
    return alpha == 1 ? shannon(x) : 0.0 - sum_of_gaps(terms_of(x, ones_like(x)), alpha);
  };
  return in_base(of_distributions(in_float64(nats, given), given), options.base);
}

Variable tsallis_divergence(const Variable& p, const Variable& q, double alpha, const MeasureOptions& options) {
  const auto [target, prediction] = pair_of("tsallis_divergence", p, q, alpha, options);
  const auto nats = [alpha](const Variable& x, const Variable& y) { return tsallis_divergence_in_nats(x, y, alpha); };
  return in_base(of_distributions(in_float64(nats, target, prediction), target, prediction), options.base);
}

}  // namespace gibbs::losses
