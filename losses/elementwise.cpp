#include "gibbs/losses/elementwise.h"

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/reduce.h"

namespace gibbs::losses {

void check_elementwise(const char* op, const Variable& target, const Variable& prediction) {
  check(target.shape() == prediction.shape(), op, ": the target is ", target.shape(), ", the prediction ",
        prediction.shape(), "; they must be equal, reshape one");
  check(target.dtype() == prediction.dtype(), op, ": dtypes differ: the target is ", target.dtype(),
        ", the prediction ", prediction.dtype(), "; convert one with cast");
  check(is_floating(prediction.dtype()), op, ": the prediction must be float32 or float64, not ", prediction.dtype());
  check(prediction.rank() >= 1 && prediction.numel() > 0, op, ": needs at least one row and one element, not shape ",
        prediction.shape());
}

Variable row_means(const Variable& elements) { return mean(flatten(elements), {1}); }

Variable reduce_elements(const Variable& elements, Reduction reduction) {
  return reduce(row_means(elements), {}, reduction);
}

}  // namespace gibbs::losses
