#include "gibbs/losses/divergence_losses.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/divergence.h"
#include "gibbs/losses/js_logits.h"
#include "gibbs/losses/terms.h"
#include "gibbs/losses/under_name.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// The loss of every row, [M]; log_q is 0 where q is.
using RowLosses = Variable (*)(const Rows& rows, const Variable& q, const Variable& log_q);

/// ln of probabilities, and 0 where they are 0: only classes with q > 0 read it.
Variable log_of_softmax(const Variable& z) {
  const Variable log_q = log_softmax(z);
  return where_or(kernels::greater(log_q.value(), -kInf), log_q, 0);
}

/// sum_k w_k terms_k where p and q are positive; +inf, which no gradient sees, in rows where `infinite` holds anywhere.
Variable row_sums(const Rows& rows, const Variable& terms, const Tensor& both, const Tensor& infinite) {
  const Tensor barrier =
      kernels::where(infinite, Tensor::full({}, kInf, terms.dtype()), Tensor::zeros({}, terms.dtype()));
  const Tensor zero = Tensor::zeros({}, terms.dtype());
  const Variable weights = rows.weighted(Variable(Tensor::ones(terms.shape(), terms.dtype())));
  const Tensor counted = kernels::where(kernels::greater(weights.value(), 0.0), barrier, zero);
  return sum(rows.weighted(where_or(both, terms, 0)), {-1}) + sum(Variable(counted), {-1});
}

struct Support {
  Tensor p, q;  // uint8: where each is positive
  Tensor both() const { return kernels::minimum(p, q); }
};

Support support_of(const Variable& p, const Variable& q) {
  return {kernels::greater(p.value(), 0.0), kernels::greater(q.value(), 0.0)};
}

Variable reverse_rows(const Rows& rows, const Variable& q, const Variable& log_q) {
  const Variable p = rows.p();
  const Support positive = support_of(p, q);
  return row_sums(rows, q * (log_q - log_of_positive(p)), positive.both(), kernels::greater(positive.q, positive.p));
}

Variable jeffreys_rows(const Rows& rows, const Variable& q, const Variable& log_q) {
  const Variable p = rows.p();
  const Support positive = support_of(p, q);
  return row_sums(rows, (p - q) * (log_of_positive(p) - log_q), positive.both(),
                  kernels::not_equal(positive.p, positive.q));
}

Variable with_logits(const char* op, const Target& target, const Variable& logits, const CategoricalOptions& options,
                     RowLosses row_losses) {
  const Rows rows = prepare(op, target, logits, Prediction::logits, options);
  return finish(rows, row_losses(rows, softmax(rows.prediction), log_of_softmax(rows.prediction)), options);
}

Variable with_probabilities(const char* op, const Target& target, const Variable& probabilities,
                            const CategoricalOptions& options, RowLosses row_losses) {
  const Rows rows = prepare(op, target, probabilities, Prediction::probabilities, options);
  return finish(rows, row_losses(rows, rows.prediction, log_of_positive(rows.prediction)), options);
}

/// Throws unless target and prediction are [N, K] of one dtype and the target is finite and at least 0.
void check_rates(const char* op, const char* name, const Variable& target, const Variable& prediction) {
  check(is_floating(prediction.dtype()) && prediction.rank() == 2 && prediction.numel() > 0, op, ": the ", name,
        " must be floating, [N, K] and not empty, they are ", prediction.dtype(), " ", prediction.shape());
  check(target.shape() == prediction.shape() && target.dtype() == prediction.dtype(), op, ": the target is ",
        target.dtype(), " ", target.shape(), ", the ", name, " ", prediction.dtype(), " ", prediction.shape(),
        "; they must be equal");
  const std::vector<double> p = target.value().to_vector();
  for (std::size_t i = 0; i < p.size(); ++i) {
    const auto classes = static_cast<std::size_t>(target.size(1));
    check(p[i] >= 0 && std::isfinite(p[i]), op, ": target row ", i / classes, " has ", p[i], " for class ", i % classes,
          "; measures are finite and at least 0");
  }
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
  const Rows rows = prepare("js_divergence_with_logits", target, logits, Prediction::logits, options);
  return js_divergence_of_logits(rows, options);
}

Variable js_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const Rows rows =
      prepare("js_divergence_with_probabilities", target, probabilities, Prediction::probabilities, options);
  return finish(rows, sum(rows.weighted(jensen_shannon_terms(rows.p(), rows.prediction)), {-1}), options);
}

Variable generalized_kl_divergence_with_log_rates(const Variable& target, const Variable& log_rates,
                                                  const RateOptions& options) {
  const char* op = "generalized_kl_divergence_with_log_rates";
  check_rates(op, "log rates", target, log_rates);
  const Tensor positive = kernels::greater(target.value(), 0.0), zero = kernels::equal(target.value(), 0.0);
  const Variable u = where_or(positive, log_rates, 0) - log_of_positive(target);  // ln(r / p)
  const Variable terms = where(positive, target * (expm1(u) - u), exp(where_or(zero, log_rates, 0)));
  return in_base(reduce(sum(terms, {-1}), {}, options.reduction), options.base);
}

Variable generalized_kl_divergence_with_rates(const Variable& target, const Variable& rates,
                                              const RateOptions& options) {
  const char* op = "generalized_kl_divergence_with_rates";
  check_rates(op, "rates", target, rates);
  const auto rows = [&] { return generalized_kl_divergence(target, rates, options.base); };
  return reduce(under_name(op, rows), {}, options.reduction);
}

}  // namespace gibbs::losses
