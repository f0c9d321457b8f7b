#include "gibbs/losses/regression.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"

namespace gibbs::losses {
namespace {

Variable row_means(const char* op, const Variable& elements) {
  check(is_floating(elements.dtype()) && elements.rank() >= 1, op, ": needs floating [N, ...], not ", elements.dtype(),
        " ", elements.shape());
  const Variable rows = flatten(elements);
  check(rows.size(1) > 0, op, ": rows of ", elements.shape(), " have no elements to average");
  return mean(rows, {1});
}

}  // namespace

Variable mean_squared_error(const Variable& target, const Variable& prediction, const ElementwiseOptions& options) {
  check_elementwise("mean_squared_error", target, prediction);
  return reduce_elements(square(prediction - target), options.reduction);
}

Variable mean_absolute_error(const Variable& target, const Variable& prediction, const ElementwiseOptions& options) {
  check_elementwise("mean_absolute_error", target, prediction);
  return reduce_elements(abs(prediction - target), options.reduction);
}

Variable huber(const Variable& target, const Variable& prediction, const HuberOptions& options) {
  check_elementwise("huber", target, prediction);
  check(options.delta > 0, "huber: delta is ", options.delta, "; it is a distance, above 0");
  const Variable d = prediction - target;
  // One formula for both parts, in which nothing large is squared: c = d inside, c = +-delta outside.
  const Variable c = clamp(d, -options.delta, options.delta);
  return reduce_elements(c * (d - c * .5), options.reduction);
}

void check_elementwise(const char* op, const Variable& target, const Variable& prediction) {
  check(target.shape() == prediction.shape(), op, ": the target is ", target.shape(), ", the prediction ",
        prediction.shape(), "; they must be equal, reshape one");
  check(target.dtype() == prediction.dtype(), op, ": dtypes differ: the target is ", target.dtype(),
        ", the prediction ", prediction.dtype(), "; convert one with cast");
  check(is_floating(prediction.dtype()), op, ": the prediction must be float32 or float64, not ", prediction.dtype());
  check(prediction.rank() >= 1 && prediction.numel() > 0, op, ": needs at least one row and one element, not shape ",
        prediction.shape());
}

Variable row_means(const Variable& elements) { return row_means("row_means", elements); }

Variable reduce_elements(const Variable& elements, Reduction reduction) {
  return reduce(row_means("reduce_elements", elements), {}, reduction);
}

}  // namespace gibbs::losses
