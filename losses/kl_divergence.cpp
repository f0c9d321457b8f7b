// sum c (ln p - ln q) with c = w p, in ops; and on logits by a kernel, which computes value and gradient in one pass
// over them. The ops are what derivatives of higher order, and gradients of the target, are taken of. The form on
// probabilities is not hot.
#include "gibbs/losses/kl_divergence.h"

#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/detail/at_least_zero.h"
#include "gibbs/losses/detail/one_pass.h"
#include "gibbs/losses/detail/saved_coefficients.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/rows/kl_divergence.h"

namespace gibbs::losses {
namespace {

/// ln p, and 0 where p = 0.
Variable log_of_target(const Variable& p) { return log(where_or(kernels::greater(p.value(), 0.0), p, 1)); }

/// Where a class counts: where its c or its q is positive. Elsewhere c (ln p - ln q) is 0, and nothing is
/// differentiated.
Tensor counted(const Variable& c, const Tensor& q_positive) {
  return kernels::maximum(kernels::greater(c.value(), 0.0), q_positive);
}

/// sum_k c_k (ln p_k - ln softmax(z)_k).
Variable row_losses_of_logits(const Rows& rows, const Variable& z) {
  const Variable p = rows.p(), c = rows.weighted(p), log_q = log_softmax(z);
  const Tensor q_positive = kernels::greater(log_q.value(), -std::numeric_limits<double>::infinity());
  const Variable terms = c * (log_of_target(p) - where_or(counted(c, q_positive), log_q, 0));
  return at_least_zero(sum(terms, {-1}), rows_of_distributions(rows));
}

/// sum_k c_k (ln p_k - ln q_k).
Variable row_losses_of_probabilities(const Rows& rows, const Variable& q) {
  const Variable p = rows.p(), c = rows.weighted(p);
  const Variable log_q = log(where_or(counted(c, kernels::greater(q.value(), 0.0)), q, 1));
  return at_least_zero(sum(c * (log_of_target(p) - log_q), {-1}),
                       kernels::minimum(rows_of_distributions(rows), rows_that_sum_to(q.value(), 1)));
}

}  // namespace

Variable kl_divergence_with_logits(const Target& target, const Variable& logits, const CategoricalOptions& options) {
  const char* op = "kl_divergence_with_logits";
  const Rows rows = without_weightless(prepare(op, target, logits, Prediction::logits, options));
  const auto in_ops = [rows](const Variable& z) { return row_losses_of_logits(rows, z); };
  const SavedCoefficients log_p = coefficients_of(rows, [](const Tensor& p) { return log_of_target(p).value(); });
  const auto kernel = [c = weighted_target(rows), log_p, whole = common_weight(rows)](const Tensor& z, const Tensor& dy,
                                                                                      kernels::rows::Output output) {
    return kernels::rows::kl_divergence(c.value(), log_p.value(), whole, z, dy, output);
  };
  return one_pass_loss(op, rows, options, kernel, in_ops);
}

Variable kl_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const char* op = "kl_divergence_with_probabilities";
  const Rows rows = without_weightless(prepare(op, target, probabilities, Prediction::probabilities, options));
  return finish(rows, row_losses_of_probabilities(rows, rows.prediction), options);
}

}  // namespace gibbs::losses
