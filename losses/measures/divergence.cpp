#include "gibbs/losses/measures/divergence.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/detail/at_least_zero.h"
#include "gibbs/losses/detail/check_arguments.h"
#include "gibbs/losses/terms.h"

namespace gibbs::losses {
namespace {

Variable divergence(const Variable& p, const Variable& q) {
  return at_least_zero(sum(relative_entropy_terms(p, q), {-1}), are_distributions(p.value(), q.value()));
}

void check_measure(const char* op, const char* what, const Variable& x) {
  check(is_floating(x.dtype()), op, ": ", what, " must be float32 or float64, not ", x.dtype());
  check(x.rank() >= 1, op, ": ", what, " must be [..., K], not a scalar");
  check(x.numel() > 0, op, ": ", what, " is empty: ", x.shape());
  check_nonnegative(op, what, x.value());
}

}  // namespace

Variable cross_entropy(const Variable& p, const Variable& q, const MeasureOptions& options) {
  const auto [target, prediction] = distribution_pair("cross_entropy", p, q, options);
  const Variable nats = 0.0 - sum(plogq(target, prediction), {-1});
  return in_base(at_least_zero(nats, rows_that_sum_to(prediction.value(), 1)), options.base);
}

Variable kl_divergence(const Variable& p, const Variable& q, const MeasureOptions& options) {
  const auto [target, prediction] = distribution_pair("kl_divergence", p, q, options);
  return in_base(divergence(target, prediction), options.base);
}

Variable reverse_kl_divergence(const Variable& p, const Variable& q, const MeasureOptions& options) {
  const auto [target, prediction] = distribution_pair("reverse_kl_divergence", p, q, options);
  return in_base(divergence(prediction, target), options.base);
}

Variable jeffreys_divergence(const Variable& p, const Variable& q, const MeasureOptions& options) {
  const auto [target, prediction] = distribution_pair("jeffreys_divergence", p, q, options);
  return in_base(sum(jeffreys_terms(target, prediction), {-1}), options.base);
}

Variable generalized_kl_divergence(const Variable& p, const Variable& q, Base base) {
  const char* op = "generalized_kl_divergence";
  check_comparable(op, p, q);
  check_measure(op, "p", p);
  check_measure(op, "q", q);
  return in_base(sum(generalized_relative_entropy_terms(p, q), {-1}), base);
}

}  // namespace gibbs::losses
