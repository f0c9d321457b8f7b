#include "gibbs/losses/measures/jensen_shannon.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
Variable js_divergence(const Variable& p, const Variable& q, const MeasureOptions& options) {
  const auto [first, second] = distribution_pair("js_divergence", p, q, options);
  return in_base(sum(jensen_shannon_terms(first, second), {-1}), options.base);
}

Variable js_distance(const Variable& p, const Variable& q, const MeasureOptions& options) {
  // Of p and q 2^64 times as large, so that no divergence underflows whose root does not.
  const auto [first, second] = distribution_pair("js_distance", p, q, options);
  const Variable js = in_base(sum(jensen_shannon_terms(first * 0x1p64, second * 0x1p64), {-1}), options.base);
  const Tensor apart = kernels::greater(js.value(), 0.0);
  return where_or(apart, sqrt(where_or(apart, js, 1)), 0) * 0x1p-32;
}

}  // namespace gibbs::losses
