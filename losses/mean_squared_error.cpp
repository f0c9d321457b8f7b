#include "gibbs/losses/mean_squared_error.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"

namespace gibbs::losses {

Variable mean_squared_error(const Variable& target, const Variable& prediction,
                            const MeanSquaredErrorOptions& options) {
  check(target.shape() == prediction.shape(), "mean_squared_error: the target is ", target.shape(), ", the prediction ",
        prediction.shape(), "; they must be equal, reshape one");
  check(target.dtype() == prediction.dtype(), "mean_squared_error: dtypes differ: the target is ", target.dtype(),
        ", the prediction ", prediction.dtype(), "; convert one with cast");
  check(prediction.rank() >= 1 && prediction.numel() > 0,
        "mean_squared_error: needs at least one row and one element, not shape ", prediction.shape());
  return reduce(mean(flatten(square(prediction - target)), {1}), {}, options.reduction);
}

}  // namespace gibbs::losses
