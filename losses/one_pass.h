// A loss on logits in one pass over them: the gradient is computed together with the value.
//
// A gradient needs dy, what the reduction sends to each row's loss, which is known only when the backward pass comes.
// But a reduction is linear, so what it will send for a loss gradient of 1 is known at once. The kernel gets that dy in
// the forward pass, and its gradient is returned if dy is what comes; for any other dy the kernel runs again. Either
// way the bits are the same.
#pragma once

#include <functional>

#include "gibbs/losses/target.h"

namespace gibbs::losses {

struct LossesAndGradient {
  Tensor losses;  // [M]
  Tensor dz;      // [M, K], undefined without dy
};

/// The losses of the rows z [M, K], and their gradient for dy [M] if that is defined.
using LogitsKernel = std::function<LossesAndGradient(const Tensor& z, const Tensor& dy)>;

/// The loss of the batch, by `kernel`; by `reference`, the rows' losses [M] in ops, for a target that is differentiated
/// and for derivatives of higher order.
Variable one_pass_loss(const char* op, const Rows& rows, const CategoricalOptions& options, const LogitsKernel& kernel,
                       const std::function<Variable(const Variable& z)>& reference);

}  // namespace gibbs::losses
