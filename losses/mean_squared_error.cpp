#include "gibbs/losses/mean_squared_error.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"

namespace gibbs::losses {

Variable mean_squared_error(const Variable& target, const Variable& prediction, const ElementwiseOptions& options) {
  check_elementwise("mean_squared_error", target, prediction);
  return reduce_elements(square(prediction - target), options.reduction);
}

}  // namespace gibbs::losses
