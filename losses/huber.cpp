#include "gibbs/losses/huber.h"

#include "gibbs/autograd/ops/arithmetic.h"

namespace gibbs::losses {

Variable huber(const Variable& target, const Variable& prediction, const HuberOptions& options) {
  check_elementwise("huber", target, prediction);
  check(options.delta > 0, "huber: delta is ", options.delta, "; it is a distance, above 0");
  const Variable d = prediction - target;
  // One formula for both parts, in which nothing large is squared: c = d inside, c = +-delta outside.
  const Variable c = clamp(d, -options.delta, options.delta);
  return reduce_elements(c * (d - c * .5), options.reduction);
}

}  // namespace gibbs::losses
