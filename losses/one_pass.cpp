#include "gibbs/losses/one_pass.h"

#include <vector>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

/// What the reduction sends to each row's loss if the loss of the batch is differentiated with dy = 1: [M], or [1]
/// where no row has a weight. Then it sends the same to all, and one row is asked for the rest.
Tensor dy_of_rows(const Rows& rows, const CategoricalOptions& options) {
  const std::int64_t count = rows.prediction.size(0);
  const bool all_alike = !rows.class_weights.defined() && !rows.sample_weights.defined();
  const Variable losses = Variable::leaf(Tensor::zeros({all_alike ? 1 : count}, rows.prediction.dtype()));
  const Tensor dy = grad(finish(rows, losses, options), {losses})[0].value();
  const bool shared_out = all_alike && options.reduction == Reduction::mean;
  return shared_out ? kernels::mul(dy, count == 0 ? 0.0 : 1.0 / static_cast<double>(count)) : dy;
}

/// Reduction::none: dy is the caller's choice, so there is nothing to compute ahead.
Variable loss_of_each_row(const char* op, const Rows& rows, const CategoricalOptions& options,
                          const LogitsKernel& kernel, const LossesInOps& reference) {
  const Variable losses = fused(
      op, {rows.prediction}, kernel(rows.prediction.value(), {}).losses,
      [kernel](const Variables& in, const Tensor& dy, const std::vector<bool>&) {
        return std::vector{kernel(in[0].value(), dy).dz};
      },
      [reference](const Variables& in) { return reference(in[0]); });
  return finish(rows, losses, options);
}

}  // namespace

Variable one_pass_loss(const char* op, const Rows& rows, const CategoricalOptions& options, const LogitsKernel& kernel,
                       const LossesInOps& reference) {
  if (rows.target_is_traced()) {
    return finish(rows, reference(rows.prediction), options);
  }
  if (options.reduction == Reduction::none) {
    return loss_of_each_row(op, rows, options, kernel, reference);
  }
  const bool is_recorded = rows.prediction.traced() && tape_is_on();
  const Tensor row_dy = is_recorded ? dy_of_rows(rows, options) : Tensor();
  const LossesAndGradient forward = kernel(rows.prediction.value(), row_dy);
  return fused(
      op, {rows.prediction}, finish(rows, forward.losses, options).value(),
      [kernel, row_dy, dz = saved(forward.dz)](const Variables& in, const Tensor& dy, const std::vector<bool>&) {
        const bool as_expected = dy.item() == 1;
        return std::vector{as_expected ? dz.value() : kernel(in[0].value(), kernels::mul(row_dy, dy)).dz};
      },
      [rows, options, reference](const Variables& in) { return finish(rows, reference(in[0]), options); });
}

}  // namespace gibbs::losses
