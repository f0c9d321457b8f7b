// A loss on logits in one pass over them: the gradient is computed together with the value.
//
// The gradient needs dy, what the reduction sends to each row's loss, which is known only when the backward pass comes.
// But a reduction is linear, so what it sends if the loss of the batch is differentiated with dy = 1 is known at once,
// and that is what nearly every backward pass begins with. The gradient for it is computed in the forward pass; for any
// other dy the kernel runs again.
#pragma once

#include <functional>

#include "gibbs/losses/target.h"
#include "gibbs/tensor/kernels/rows/coefficients.h"

namespace gibbs::losses {

/// The losses of the rows z [M, K], and their gradient for dy if that is defined: [M], or [1] where every row gets the
/// same.
using LogitsKernel =
    std::function<kernels::rows::LossesAndGradient(const Tensor& z, const Tensor& dy, kernels::rows::Output output)>;

/// The same losses [M] in ops.
using LossesInOps = std::function<Variable(const Variable& z)>;

/// The loss of the batch, by `kernel`; by `reference` for a target that is differentiated and for derivatives of higher
/// order.
Variable one_pass_loss(const char* op, const Rows& rows, const CategoricalOptions& options, const LogitsKernel& kernel,
                       const LossesInOps& reference);

}  // namespace gibbs::losses
