#include "gibbs/losses/one_pass.h"

#include <cstring>
#include <vector>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/dtype.h"

namespace gibbs::losses {
namespace {

/// What the reduction sends to each row's loss; undefined where that is the caller's choice.
Tensor expected_dy(const Rows& rows, const CategoricalOptions& options) {
  if (options.reduction == Reduction::none || !rows.prediction.traced() || !tape_is_on()) {
    return {};
  }
  const Variable losses = Variable::leaf(Tensor::zeros({rows.prediction.size(0)}, rows.prediction.dtype()));
  return grad(finish(rows, losses, options), {losses})[0].value();
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return dispatch_floating(a.dtype(), "one_pass_loss", [&](auto zero) {
    using T = decltype(zero);
    return std::memcmp(a.data<T>(), b.data<T>(), static_cast<std::size_t>(a.numel()) * sizeof(T)) == 0;
  });
}

}  // namespace

Variable one_pass_loss(const char* op, const Rows& rows, const CategoricalOptions& options, const LogitsKernel& kernel,
                       const std::function<Variable(const Variable& z)>& reference) {
  if (rows.target_is_traced()) {
    return finish(rows, reference(rows.prediction), options);
  }
  const Tensor expected = expected_dy(rows, options);
  const LossesAndGradient forward = kernel(rows.prediction.value(), expected);
  const Variable losses = fused(
      op, {rows.prediction}, forward.losses,
      [kernel, expected, dz = saved(forward.dz)](const Variables& in, const Tensor& dy, const std::vector<bool>&) {
        return std::vector{expected.defined() && same_bits(expected, dy) ? dz.value() : kernel(in[0].value(), dy).dz};
      },
      [reference](const Variables& in) { return reference(in[0]); });
  return finish(rows, losses, options);
}

}  // namespace gibbs::losses
