#include "gibbs/losses/divergence_losses.h"

#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/detail/at_least_zero.h"
#include "gibbs/losses/detail/check_arguments.h"
#include "gibbs/losses/detail/map_in_double.h"
#include "gibbs/losses/detail/one_pass.h"
#include "gibbs/losses/detail/phi.h"
#include "gibbs/losses/detail/rename_errors.h"
#include "gibbs/losses/detail/saved_coefficients.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/rows/js_divergence.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::losses {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// A target and a prediction, class by class. Numbers are 0 where one of p and q is 0, and where a class has weight 0.
struct Comparison {
  Variable q, log_q_over_p, q_minus_p;  // [M, K]
  Tensor p_positive, q_positive;        // uint8 [M, K]; a q that is NaN counts as positive
};

/// Where the term of a class is computed: where p and q are positive, and its weight is.
Tensor counted(const Rows& rows, const Tensor& p_positive, const Tensor& q_positive) {
  const Tensor both = kernels::minimum(p_positive, q_positive);
  return rows.class_weights.defined() ? kernels::minimum(both, kernels::greater(rows.class_weights, 0.0)) : both;
}

/// Of q = softmax(z). ln q is finite wherever q > 0, even where q itself is too small for its dtype.
Comparison compare_with_logits(const Rows& rows) {
  const Variable p = rows.p(), log_q = log_softmax(rows.prediction);
  const Tensor p_positive = kernels::greater(p.value(), 0.0);
  const Tensor q_positive = kernels::not_equal(log_q.value(), Tensor::full({}, -kInf, log_q.dtype()));
  const Tensor both = counted(rows, p_positive, q_positive);
  const Variable q = where_or(both, softmax(rows.prediction), 0), safe_p = where_or(both, p, 1);
  const Variable u = where_or(both, log_q, 0) - log(safe_p);
  // Near p, q - p = p (e^u - 1) is exact and has the sign of u.
  const Tensor near = kernels::less(kernels::abs(u.value()), .5);
  const Variable gap = where(near, safe_p * expm1(where_or(near, u, 0)), q - p);
  return {q, u, where_or(both, gap, 0), p_positive, q_positive};
}

Comparison compare_with_probabilities(const Rows& rows) {
  const Variable p = rows.p(), &given = rows.prediction;
  const Tensor p_positive = kernels::greater(p.value(), 0.0),
               q_positive = kernels::not_equal(given.value(), Tensor::zeros({}, p.dtype()));
  const Tensor both = counted(rows, p_positive, q_positive);
  const Variable q = where_or(both, given, 0);
  return {q, log_ratio(where_or(both, given, 1), where_or(both, p, 1)), q - where_or(both, p, 0), p_positive,
          q_positive};
}

/// sum_k w_k terms_k; +inf, which no gradient sees, in rows where `infinite` holds for a class of positive weight.
Variable row_sums(const Rows& rows, const Variable& terms, const Tensor& infinite) {
  const Tensor infinity = Tensor::full({}, kInf, terms.dtype()), zero = Tensor::zeros({}, terms.dtype());
  const Tensor ones = Tensor::ones(infinite.shape(), DType::uint8);
  const Tensor barrier = kernels::where(counted(rows, infinite, ones), infinity, zero);
  return sum(rows.weighted(terms), {-1}) + sum(Variable(barrier), {-1});
}

using RowLosses = Variable (*)(const Rows& rows, const Comparison& c);

Variable reverse_rows(const Rows& rows, const Comparison& c) {
  const Tensor distributions = kernels::minimum(rows_of_distributions(rows), rows_that_sum_to(c.q.value(), 1));
  return at_least_zero(row_sums(rows, c.q * c.log_q_over_p, kernels::greater(c.q_positive, c.p_positive)),
                       distributions);
}

Variable jeffreys_rows(const Rows& rows, const Comparison& c) {
  return row_sums(rows, c.q_minus_p * c.log_q_over_p, kernels::not_equal(c.q_positive, c.p_positive));
}

Variable with_logits(const char* op, const Target& target, const Variable& logits, const CategoricalOptions& options,
                     RowLosses row_losses) {
  const Rows rows = prepare(op, target, logits, Prediction::logits, options);
  return finish(rows, row_losses(rows, compare_with_logits(rows)), options);
}

Variable with_probabilities(const char* op, const Target& target, const Variable& probabilities,
                            const CategoricalOptions& options, RowLosses row_losses) {
  const Rows rows = prepare(op, target, probabilities, Prediction::probabilities, options);
  return finish(rows, row_losses(rows, compare_with_probabilities(rows)), options);
}

double log_rate_term(double p, double z) {
  const double u = z - portable::log(p);  // ln(r / p)
  if (p == 0 || z == kInf) {
    return portable::exp(z);
  }
  return std::abs(u) < 1 ? p * phi(u) : (portable::exp(z) - p) - p * u;
}

/// y = e^z - p, without cancellation where they are near.   dz = dy e^z, dp = -dy.
Variable rate_minus(const Variable& z, const Variable& p) {
  const auto gap = [](double log_rate, double of) {
    const double u = log_rate - portable::log(of);
    return std::abs(u) < 1 ? of * portable::expm1(u) : portable::exp(log_rate) - of;
  };
  return record("rate_minus", map_in_double("rate_minus", z.value(), p.value(), gap),
                wrt(z, [z](const Variable& dy) { return dy * exp(z); }),
                wrt(p, [](const Variable& dy) { return -dy; }));
}

/// y = ln p - z for p, r = e^z >= 0; of p = 0 it is -z, and of both 0 it is 0.   dp = dy / p, 0 at 0; dz = -dy.
Variable log_over_rate(const Variable& p, const Variable& z) {
  const Tensor positive = kernels::greater(p.value(), 0.0);
  const Tensor either = kernels::maximum(positive, kernels::greater(z.value(), -kInf));
  const Variable safe_p = where_or(positive, p, 1), safe_z = where_or(either, z, 0);
  const auto difference = [](double of, double log_rate) { return portable::log(of) - log_rate; };
  return record("log_over_rate", map_in_double("log_over_rate", safe_p.value(), safe_z.value(), difference),
                wrt(safe_p, [safe_p](const Variable& dy) { return dy / safe_p; }),
                wrt(safe_z, [](const Variable& dy) { return -dy; }));
}

/// y = p ln(p / r) - p + r with r = e^z.   dp = dy (ln p - z), and -z - 1 at p = 0 (-1 where r is 0, too); dz = dy (r -
/// p).
Variable log_rate_terms(const Variable& p, const Variable& z) {
  return record("log_rate_terms", map_in_double("log_rate_terms", p.value(), z.value(), log_rate_term),
                wrt(p,
                    [p, z](const Variable& dy) {
                      const Tensor p_is_zero = kernels::cast(kernels::equal(p.value(), 0.0), p.dtype());
                      return dy * (log_over_rate(p, z) - p_is_zero);
                    }),
                wrt(z, [p, z](const Variable& dy) { return dy * rate_minus(z, p); }));
}

/// Throws unless target and prediction are [..., K] of one shape and dtype and the target is finite and at least 0.
void check_rates(const char* op, const char* name, const Variable& target, const Variable& prediction) {
  check(is_floating(prediction.dtype()) && prediction.rank() >= 2 && prediction.numel() > 0, op, ": the ", name,
        " must be floating, [N, K] or [N, ..., K], and not empty, they are ", prediction.dtype(), " ",
        prediction.shape());
  check(target.shape() == prediction.shape() && target.dtype() == prediction.dtype(), op, ": the target is ",
        target.dtype(), " ", target.shape(), ", the ", name, " ", prediction.dtype(), " ", prediction.shape(),
        "; they must be equal");
  check_nonnegative(op, "target", target.value());
}

}  // namespace

Variable reverse_kl_divergence_with_logits(const Target& target, const Variable& logits,
                                           const CategoricalOptions& options) {
  return with_logits("reverse_kl_divergence_with_logits", target, logits, options, reverse_rows);
}

Variable reverse_kl_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                                  const CategoricalOptions& options) {
  return with_probabilities("reverse_kl_divergence_with_probabilities", target, probabilities, options, reverse_rows);
}

Variable jeffreys_divergence_with_logits(const Target& target, const Variable& logits,
                                         const CategoricalOptions& options) {
  return with_logits("jeffreys_divergence_with_logits", target, logits, options, jeffreys_rows);
}

Variable jeffreys_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                                const CategoricalOptions& options) {
  return with_probabilities("jeffreys_divergence_with_probabilities", target, probabilities, options, jeffreys_rows);
}

Variable js_divergence_with_logits(const Target& target, const Variable& logits, const CategoricalOptions& options) {
  const char* op = "js_divergence_with_logits";
  const Rows rows = prepare(op, target, logits, Prediction::logits, options);
  const auto in_ops = [rows](const Variable& z) {
    return sum(rows.weighted(jensen_shannon_terms(rows.p(), softmax(z))), {-1});
  };
  const Tensor ones = Tensor::ones({rows.prediction.size(1)}, logits.dtype());
  const auto kernel = [p = coefficients_of(rows, [](const Tensor& x) { return x; }),
                       w = rows.class_weights.defined() ? rows.class_weights : ones](const Tensor& z, const Tensor& dy,
                                                                                     kernels::rows::Output output) {
    return kernels::rows::js_divergence(p.value(), w, z, dy, output);
  };
  return one_pass_loss(op, rows, options, kernel, in_ops);
}

Variable js_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const Rows rows =
      prepare("js_divergence_with_probabilities", target, probabilities, Prediction::probabilities, options);
  const Variable& q = rows.prediction;
  const Variable counting =
      rows.class_weights.defined() ? where_or(kernels::greater(rows.class_weights, 0.0), q, 0) : q;
  return finish(rows, sum(rows.weighted(jensen_shannon_terms(rows.p(), counting)), {-1}), options);
}

Variable generalized_kl_divergence_with_log_rates(const Variable& target, const Variable& log_rates,
                                                  const RateOptions& options) {
  const char* op = "generalized_kl_divergence_with_log_rates";
  check_rates(op, "log rates", target, log_rates);
  return in_base(reduce(sum(log_rate_terms(target, log_rates), {-1}), {}, options.reduction), options.base);
}

Variable generalized_kl_divergence_with_rates(const Variable& target, const Variable& rates,
                                              const RateOptions& options) {
  const char* op = "generalized_kl_divergence_with_rates";
  check_rates(op, "rates", target, rates);
  const auto rows = [&] { return generalized_kl_divergence(target, rates, options.base); };
  return reduce(rename_errors(op, rows), {}, options.reduction);
}

}  // namespace gibbs::losses
