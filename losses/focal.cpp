#include "gibbs/losses/focal.h"

#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/detail/check_arguments.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/kernels/ordering.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::losses {
namespace {

/// Below, e^x is 0 in either dtype.
constexpr double kImpossible = -1e4;

/// a (1 - q)^gamma (-ln q) for q = sigmoid(m), 0 where a is 0. Where q underflows the factor is 1, and is left out,
/// since its derivative would be 0 times infinity.
Variable terms_of_log_odds(const Variable& a, const Variable& odds, double gamma) {
  const Variable m = nan_without_weight(a, odds, std::numeric_limits<double>::infinity());
  const Variable log_q = log_sigmoid(m);
  if (gamma == 0) {
    return weighted_terms(a, 0.0 - log_q);
  }
  const Tensor possible = kernels::greater(log_q.value(), kImpossible);
  const Variable factor = exp(log_sigmoid(-m) * gamma);
  return weighted_terms(a, 0.0 - where(possible, factor * where_or(possible, log_q, 0), log_q));
}

/// a rest^gamma (-log_q), rest = 1 - q, log_q = ln q.
Variable terms_of_probabilities(const Variable& a, const Variable& rest, const Variable& log_q, double gamma) {
  return weighted_terms(gamma == 0 ? a : a * focal_factor(rest, gamma), 0.0 - log_q);
}

Variable binary_focal(const char* op, const Variable& target, const Variable& prediction, bool probabilities,
                      const BinaryFocalOptions& focal, const BinaryOptions& options) {
  check_gamma(op, focal.gamma);
  const double alpha = focal.alpha.value_or(.5);
  check_alpha(op, alpha);
  const BinaryTarget t = prepare_binary(op, target, prediction, probabilities, options);
  const Variable yes = focal.alpha ? t.yes * alpha : t.yes, no = focal.alpha ? t.no * (1 - alpha) : t.no;
  if (!probabilities) {
    const Variable elements = terms_of_log_odds(yes, t.prediction, focal.gamma) +  //
                              terms_of_log_odds(no, -t.prediction, focal.gamma);
    return finish_binary(t, elements, options);
  }
  const Variable q_yes = nan_without_weight(yes, t.prediction, 1), q_no = nan_without_weight(no, t.prediction, 0);
  const Tensor may_yes = kernels::maximum(kernels::greater(yes.value(), 0.0), kernels::greater(q_yes.value(), 0.0));
  const Tensor may_no = kernels::maximum(kernels::greater(no.value(), 0.0), kernels::less(q_no.value(), 1.0));
  const Variable elements = terms_of_probabilities(yes, 1.0 - q_yes, log(where_or(may_yes, q_yes, 1)), focal.gamma) +
                            terms_of_probabilities(no, q_no, log1p(-where_or(may_no, q_no, 0)), focal.gamma);
  return finish_binary(t, elements, options);
}

/// p with alpha and the class weights multiplied in: [M, K].
Variable coefficients(const char* op, const Rows& rows, const Tensor& alpha) {
  Variable weighted = rows.weighted(rows.p());
  if (!alpha.defined()) {
    return weighted;
  }
  return weighted * checked_alpha(op, alpha, rows.prediction.size(1), rows.prediction.dtype());
}

/// m_k = ln q_k - ln(1 - q_k), q = softmax(z): [N, K]. Only the likeliest class can have q > 1/2, where 1 - q cancels;
/// its odds are those of its logit against all others: z_k - ln sum_{j != k} e^z_j.
Variable log_odds(const Variable& z) {
  const Tensor likeliest = kernels::one_hot(kernels::argmax(z.value()), z.size(1), DType::uint8);
  const Tensor none = Tensor::full({}, -std::numeric_limits<double>::infinity(), z.dtype());
  const Variable shifted = z - kernels::max(z.value(), {-1}, /*keepdim=*/true);
  const Variable others = logsumexp(where(likeliest, none, shifted), {-1}, /*keepdim=*/true);
  const Variable log_q = log_softmax(z);
  const Variable q_of_others = where(likeliest, Tensor::zeros({}, z.dtype()), exp(log_q));
  return where(likeliest, shifted - others, log_q - log1p(-q_of_others));
}

Variable categorical_focal(const char* op, const Target& target, const Variable& prediction, Prediction kind,
                           const CategoricalFocalOptions& focal, const CategoricalOptions& options) {
  check_gamma(op, focal.gamma);
  const Rows prepared = prepare(op, target, prediction, kind, options);
  const Rows rows = without_weightless(prepared, coefficients(op, prepared, focal.alpha).value());
  const Variable a = coefficients(op, rows, focal.alpha);
  const auto terms = [&]() -> Variable {
    if (kind == Prediction::logits) {
      return terms_of_log_odds(a, log_odds(rows.prediction), focal.gamma);
    }
    const Variable q = nan_without_weight(a, rows.prediction, 1);
    const Tensor may_happen = kernels::maximum(kernels::greater(a.value(), 0.0), kernels::greater(q.value(), 0.0));
    return terms_of_probabilities(a, 1.0 - q, log(where_or(may_happen, q, 1)), focal.gamma);
  };
  return finish(rows, sum(terms(), {-1}), options);
}

}  // namespace

Variable focal_factor(const Variable& rest, double gamma) {
  check_terms("focal_factor", rest);
  check_gamma("focal_factor", gamma);
  if (gamma == std::floor(gamma)) {
    return pow(rest, gamma);
  }
  const Tensor none = rest <= 0;
  return where(none, Tensor::zeros({}, rest.dtype()), pow(where(none, Tensor::ones({}, rest.dtype()), rest), gamma));
}

Variable binary_focal_loss_with_logits(const Variable& target, const Variable& logits, const BinaryFocalOptions& focal,
                                       const BinaryOptions& options) {
  return binary_focal("binary_focal_loss_with_logits", target, logits, /*probabilities=*/false, focal, options);
}

Variable binary_focal_loss_with_probabilities(const Variable& target, const Variable& probabilities,
                                              const BinaryFocalOptions& focal, const BinaryOptions& options) {
  return binary_focal("binary_focal_loss_with_probabilities", target, probabilities, /*probabilities=*/true, focal,
                      options);
}

Variable categorical_focal_loss_with_logits(const Target& target, const Variable& logits,
                                            const CategoricalFocalOptions& focal, const CategoricalOptions& options) {
  return categorical_focal("categorical_focal_loss_with_logits", target, logits, Prediction::logits, focal, options);
}

Variable categorical_focal_loss_with_probabilities(const Target& target, const Variable& probabilities,
                                                   const CategoricalFocalOptions& focal,
                                                   const CategoricalOptions& options) {
  return categorical_focal("categorical_focal_loss_with_probabilities", target, probabilities,
                           Prediction::probabilities, focal, options);
}

}  // namespace gibbs::losses
