#include "gibbs/losses/jensen_shannon.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

Variable divergence(const char* op, const Variable& p, const Variable& q, const MeasureOptions& options) {
  check_comparable(op, p, q);
  const Variable first = distributions(op, "p", p, options), second = distributions(op, "q", q, options);
  return in_base(sum(jensen_shannon_terms(first, second), {-1}), options.base);
}

}  // namespace

Variable js_divergence(const Variable& p, const Variable& q, const MeasureOptions& options) {
  return divergence("js_divergence", p, q, options);
}

Variable js_distance(const Variable& p, const Variable& q, const MeasureOptions& options) {
  const Variable js = divergence("js_distance", p, q, options);
  const Tensor apart = kernels::greater(js.value(), 0.0);
  return where_or(apart, sqrt(where_or(apart, js, 1)), 0);
}

}  // namespace gibbs::losses
