#include "gibbs/losses/mean_absolute_error.h"

#include "gibbs/autograd/ops/arithmetic.h"

namespace gibbs::losses {

Variable mean_absolute_error(const Variable& target, const Variable& prediction, const ElementwiseOptions& options) {
  check_elementwise("mean_absolute_error", target, prediction);
  return reduce_elements(abs(prediction - target), options.reduction);
}

}  // namespace gibbs::losses
