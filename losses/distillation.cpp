#include "gibbs/losses/distillation.h"

#include <cmath>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/detail/rename_errors.h"
#include "gibbs/losses/kl_divergence.h"

namespace gibbs::losses {

Variable kl_divergence_with_log_target(const Variable& log_target, const Variable& logits,
                                       const CategoricalOptions& options) {
  check(is_floating(log_target.dtype()), "kl_divergence_with_log_target: the target is ", log_target.dtype(),
        "; logarithms of probabilities are floating");
  check(log_target.shape() == logits.shape(), "kl_divergence_with_log_target: the log target is ", log_target.shape(),
        ", the logits ", logits.shape(), "; they must be equal");
  const Variable seen = without_masked_rows(log_target, options.sample_weights, 0);
  return rename_errors("kl_divergence_with_log_target",
                       [&] { return kl_divergence_with_logits(Target(exp(seen)), logits, options); });
}

Variable distillation_loss(const Variable& teacher_logits, const Variable& logits, const DistillationOptions& options) {
  const double t = options.temperature;
  check(t > 0 && std::isfinite(t), "distillation_loss: temperature is ", t, "; it must be above 0");
  check(is_floating(teacher_logits.dtype()) && teacher_logits.rank() >= 2 && teacher_logits.size(-1) > 0,
        "distillation_loss: the teacher's logits are ", teacher_logits.dtype(), " ", teacher_logits.shape(),
        "; they must be floating, [N, K] or [N, ..., K]");
  check(teacher_logits.shape() == logits.shape(), "distillation_loss: the teacher's logits are ",
        teacher_logits.shape(), ", the logits ", logits.shape(), "; they must be equal");
  return rename_errors("distillation_loss", [&] {
    const Target softened(softmax(without_masked_rows(teacher_logits, options.categorical.sample_weights, 0) / t));
    return kl_divergence_with_logits(softened, logits / t, options.categorical) * (t * t);
  });
}

}  // namespace gibbs::losses
