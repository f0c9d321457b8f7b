#include "gibbs/losses/binary_cross_entropy.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {

Variable binary_cross_entropy_with_logits(const Variable& target, const Variable& logits,
                                          const BinaryOptions& options) {
  const BinaryTarget t =
      prepare_binary("binary_cross_entropy_with_logits", target, logits, /*probabilities=*/false, options);
  return finish_binary(t, logistic_terms(t.yes, t.no, t.prediction), options);
}

Variable binary_cross_entropy_with_probabilities(const Variable& target, const Variable& probabilities,
                                                 const BinaryOptions& options) {
  const BinaryTarget t =
      prepare_binary("binary_cross_entropy_with_probabilities", target, probabilities, /*probabilities=*/true, options);
  // Where q is 1, ln(1 - q) counts only if `no` has weight: there it becomes ln(1 - 0).
  const Tensor counts = kernels::maximum(kernels::greater(t.no.value(), 0.0), kernels::less(t.prediction.value(), 1.0));
  const Variable log_no = log1p(-where_or(counts, t.prediction, 0));
  return finish_binary(t, 0.0 - (plogq(t.yes, t.prediction) + t.no * log_no), options);
}

}  // namespace gibbs::losses
