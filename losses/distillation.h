// Targets that are predictions themselves: given as logarithms, or as the logits of a teacher.
#pragma once

#include "gibbs/losses/target.h"

namespace gibbs::losses {

/// D(p || softmax(z)) for a target given as ln p, of the shape of z (PyTorch's log_target = True). Options and errors
/// as in kl_divergence_with_logits; -inf is a probability of 0.
Variable kl_divergence_with_log_target(const Variable& log_target, const Variable& logits,
                                       const CategoricalOptions& options = {});

struct DistillationOptions {
  /// T > 0: both sides are softened, softmax(z / T). Large T shows what the teacher thinks of the wrong classes.
  double temperature = 1;
  CategoricalOptions categorical = {};
};

/// T^2 D(softmax(t / T) || softmax(z / T)) of a student's logits z from a teacher's t, both [..., K] (Hinton, Vinyals
/// and Dean 2015); T^2 keeps the size of the gradient, (softmax(z / T) - softmax(t / T)) T per row, independent of T to
/// first order. Gradients flow to the teacher too, unless its logits are constant: detach them.
Variable distillation_loss(const Variable& teacher_logits, const Variable& logits,
                           const DistillationOptions& options = {});

}  // namespace gibbs::losses
