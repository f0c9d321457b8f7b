#include "gibbs/losses/measures/information.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/detail/at_least_zero.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

void check_probabilities(const char* op, const Tensor& p) {
  dispatch_floating(p.dtype(), op, [&](auto zero) {
    const auto* value = p.data<decltype(zero)>();
    for (std::int64_t i = 0; i < p.numel(); ++i) {
      check(value[i] >= 0 && static_cast<double>(value[i]) <= 1 + kSumTolerance, op, ": element ", i, " is ", value[i],
            "; probabilities are in [0, 1]");
    }
  });
}

Variable entropy_in_nats(const Variable& p) {
  return at_least_zero(0.0 - sum(p * log_of_positive(p), {-1}), rows_that_sum_to(p.value(), 1));
}

}  // namespace

// "0 - x" instead of "-x": certainty has an information of 0, not of -0.

Variable information(const Variable& p, Base base) {
  check_probabilities("information", p.value());
  // What is above 1 by rounding is the probability of a certain event.
  return in_base(
      at_least_zero(0.0 - log(p), rows_that_sum_to(p.value().reshape(p.shape().with_inserted(p.rank(), 1)), 1)), base);
}

Variable entropy(const Variable& p, const MeasureOptions& options) {
  return in_base(entropy_in_nats(distributions("entropy", "p", p, options)), options.base);
}

Variable binary_entropy(const Variable& p, Base base) {
  check_probabilities("binary_entropy", p.value());
  const Tensor inside = kernels::mul(kernels::greater(p.value(), 0.0), kernels::less(p.value(), 1.0));
  const Variable safe = where_or(inside, p, .5);
  const Variable nats = 0.0 - (safe * log(safe) + (1.0 - safe) * log1p(-safe));
  return in_base(where_or(inside, nats, 0), base);
}

Variable perplexity(const Variable& p, const MeasureOptions& options) {
  return exp(entropy_in_nats(distributions("perplexity", "p", p, options)));
}

}  // namespace gibbs::losses
