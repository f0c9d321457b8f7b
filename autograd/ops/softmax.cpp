#include "gibbs/autograd/ops/softmax.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/tensor/kernels/softmax.h"

namespace gibbs {
namespace {

/// x - ln sum e^x, spelled in ops. The shift is a constant, since it changes nothing; without it the logarithm would be
/// rounded away beside logits of 1e8.
Variable log_softmax_reference(const Variable& x, int axis) {
  if (x.numel() == 0) {
    return x;
  }
  const Variable shifted = x - kernels::max(x.value(), {axis}, /*keepdim=*/true);
  return shifted - logsumexp(shifted, {axis}, /*keepdim=*/true);
}

}  // namespace

Variable softmax(const Variable& x, int axis) {
  const Tensor value = kernels::softmax(x.value(), axis);
  return fused(
      "softmax", {x}, value,
      [axis, y = saved(value)](const Variables&, const Tensor& dy, const std::vector<bool>&) {
        return std::vector{kernels::softmax_dx(y.value(), dy, axis)};
      },
      [axis](const Variables& in) { return exp(log_softmax_reference(in[0], axis)); });
}

Variable log_softmax(const Variable& x, int axis) {
  const Tensor value = kernels::log_softmax(x.value(), axis);
  return fused(
      "log_softmax", {x}, value,
      [axis, y = saved(value)](const Variables&, const Tensor& dy, const std::vector<bool>&) {
        return std::vector{kernels::log_softmax_dx(y.value(), dy, axis)};
      },
      [axis](const Variables& in) { return log_softmax_reference(in[0], axis); });
}

}  // namespace gibbs
