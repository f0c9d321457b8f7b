// Every form ends in sum of c (ln p - ln q), c = w p. `where` keeps classes with p = q = 0 out of the logarithms, so
// that neither the value nor a gradient meets 0 times infinity.
#include "gibbs/losses/kl_divergence.h"

#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

/// x where condition holds, else the constant.
Variable where_or(const Tensor& condition, const Variable& x, double constant) {
  return where(condition, x, Tensor::full(x.shape(), constant, x.dtype()));
}

/// Where the term of a class is computed at all: where its coefficient w p or its q is positive. Elsewhere it is 0.
Tensor counting(const Variable& coefficient, const Tensor& q_positive) {
  return kernels::maximum(kernels::greater(coefficient.value(), 0.0), q_positive);
}

/// sum_k c_k (ln p_k - log_q_k), c = w p.
Variable row_losses(const Variable& c, const Variable& p, const Variable& log_q) {
  const Variable log_p = log(where_or(kernels::greater(p.value(), 0.0), p, 1));
  return sum(c * (log_p - log_q), {-1});
}

Variable exact_with_logits(const Rows& rows) {
  const Variable c = rows.weighted(rows.p);
  const Variable log_q = log_softmax(rows.prediction);
  const Tensor positive = kernels::greater(log_q.value(), -std::numeric_limits<double>::infinity());
  return row_losses(c, rows.p, where_or(counting(c, positive), log_q, 0));
}

Variable exact_with_probabilities(const Rows& rows) {
  const Variable c = rows.weighted(rows.p);
  const Variable& q = rows.prediction;
  return row_losses(c, rows.p, log(where_or(counting(c, kernels::greater(q.value(), 0.0)), q, 1)));
}

Variable as_keras(const Rows& rows, const Variable& probabilities) {
  const Variable p = clamp(rows.p, kKerasEpsilon, 1);
  const Variable q = clamp(probabilities, kKerasEpsilon, 1);
  return sum(rows.weighted(p) * log(p / q), {-1});
}

}  // namespace

Variable kl_divergence_with_logits(const Target& target, const Variable& logits, const CategoricalOptions& options) {
  const Rows rows = prepare("kl_divergence_with_logits", target, logits, Prediction::logits, options);
  return finish(
      rows, options.numerics == Numerics::keras ? as_keras(rows, softmax(rows.prediction)) : exact_with_logits(rows),
      options);
}

Variable kl_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const Rows rows =
      prepare("kl_divergence_with_probabilities", target, probabilities, Prediction::probabilities, options);
  return finish(rows,
                options.numerics == Numerics::keras ? as_keras(rows, rows.prediction) : exact_with_probabilities(rows),
                options);
}

}  // namespace gibbs::losses
