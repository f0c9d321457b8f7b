#include "examples/laboratory/plain_loss.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"

namespace gibbs::examples {

Variable plain_cross_entropy(const Tensor& p, const Variable& logits) {
  const Variable z = cast(logits, DType::float64), target = cast(p, DType::float64);
  const Variable log_q = z - log(sum(exp(z), {1}, /*keepdim=*/true));
  return -sum(target * log_q) / static_cast<double>(p.size(0));
}

}  // namespace gibbs::examples
