// -sum p ln q in ops; and on logits by a kernel, which computes value and gradient in one pass over them. The ops are
// what derivatives of higher order, and gradients of the target, are taken of. The form on probabilities is not hot.
#include "gibbs/losses/cross_entropy.h"

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
#include "gibbs/tensor/kernels/rows/cross_entropy.h"

namespace gibbs::losses {
namespace {

/// Where a class counts: where its p or its q is positive. Elsewhere p ln q is 0, and nothing is differentiated.
Tensor counted(const Variable& p, const Tensor& q_positive) {
  return kernels::maximum(kernels::greater(p.value(), 0.0), q_positive);
}

/// -sum_k p_k ln softmax(z)_k.
Variable row_losses_of_logits(const Variable& p, const Variable& z) {
  const Variable log_q = log_softmax(z);
  const Tensor q_positive = kernels::greater(log_q.value(), -std::numeric_limits<double>::infinity());
  return 0.0 - sum(p * where_or(counted(p, q_positive), log_q, 0), {-1});
}

/// -sum_k p_k ln q_k.
Variable row_losses_of_probabilities(const Variable& p, const Variable& q) {
  const Variable log_q = log(where_or(counted(p, kernels::greater(q.value(), 0.0)), q, 1));
  return at_least_zero(-sum(p * log_q, {-1}), rows_that_sum_to(q.value(), 1));
}

}  // namespace

Variable cross_entropy_with_logits(const Target& target, const Variable& logits, const CategoricalOptions& options) {
  const char* op = "cross_entropy_with_logits";
  const Rows rows = without_weightless(prepare(op, target, logits, Prediction::logits, options));
  const auto in_ops = [rows](const Variable& z) { return row_losses_of_logits(rows.weighted(rows.p()), z); };
  const auto kernel = [c = weighted_target(rows)](const Tensor& z, const Tensor& dy, kernels::rows::Output output) {
    return kernels::rows::cross_entropy(c.value(), z, dy, output);
  };
  return one_pass_loss(op, rows, options, kernel, in_ops);
}

Variable cross_entropy_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const char* op = "cross_entropy_with_probabilities";
  const Rows rows = without_weightless(prepare(op, target, probabilities, Prediction::probabilities, options));
  return finish(rows, row_losses_of_probabilities(rows.weighted(rows.p()), rows.prediction), options);
}

}  // namespace gibbs::losses
