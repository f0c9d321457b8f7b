#include "gibbs/losses/detail/one_pass.h"

#include <vector>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

using kernels::rows::LossesAndGradient, kernels::rows::Output;

/// Whether no row counts more than another. Then the reduction sends the same to all of them, and needs no more of
/// their losses than the sum.
bool all_alike(const Rows& rows) {
  return !rows.class_weights.defined() && !rows.sample_weights.defined() && rows.prediction.size(0) > 0;
}

double divisor_of_alike(const Rows& rows, const CategoricalOptions& options) {
  return options.reduction == Reduction::mean ? divisor(rows) : 1;
}

/// What the reduction sends to each row's loss if the loss of the batch is differentiated with dy = 1: [M], or [1]
/// where all are alike. Then one row is asked for the rest.
Tensor dy_of_rows(const Rows& rows, const CategoricalOptions& options) {
  const bool alike = all_alike(rows);
  const Variable losses = Variable::leaf(Tensor::zeros({alike ? 1 : rows.prediction.size(0)}, rows.prediction.dtype()));
  const Tensor dy = grad(finish(rows, losses, options), {losses})[0].value();
  return alike ? kernels::mul(dy, 1 / divisor_of_alike(rows, options)) : dy;
}

/// The loss of the batch from what the kernel gave.
Tensor loss_of(const Rows& rows, const LossesAndGradient& result, const CategoricalOptions& options) {
  if (result.losses.defined()) {
    return finish(rows, result.losses, options).value();
  }
  const double loss = result.sum / divisor_of_alike(rows, options);
  return in_base(Variable(Tensor::full({}, loss, rows.prediction.dtype())), options.base).value();
}

/// Reduction::none: dy is the caller's choice, so there is nothing to compute ahead.
Variable loss_of_each_row(const char* op, const Rows& rows, const CategoricalOptions& options,
                          const LogitsKernel& kernel, const LossesInOps& reference) {
  const Variable losses = fused(
      op, {rows.prediction}, kernel(rows.prediction.value(), {}, Output::each_row).losses,
      [kernel](const Variables& in, const Tensor& dy, const std::vector<bool>&) {
        return std::vector{kernel(in[0].value(), dy, Output::sum).dz};
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
  const LossesAndGradient forward =
      kernel(rows.prediction.value(), row_dy, all_alike(rows) ? Output::sum : Output::each_row);
  return fused(
      op, {rows.prediction}, loss_of(rows, forward, options),
      [kernel, row_dy, dz = saved(forward.dz)](const Variables& in, const Tensor& dy, const std::vector<bool>&) {
        const bool as_expected = dy.item() == 1;
        return std::vector{as_expected ? dz.value() : kernel(in[0].value(), kernels::mul(row_dy, dy), Output::sum).dz};
      },
      [rows, options, reference](const Variables& in) { return finish(rows, reference(in[0]), options); });
}

}  // namespace gibbs::losses
