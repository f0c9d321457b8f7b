#include "gibbs/nn/detail/drop_together.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/nn/forward.h"
#include "gibbs/tensor/kernels/dropout.h"

namespace gibbs::nn {

void check_rate(const char* layer, double rate) {
  check(rate >= 0 && rate < 1, layer, ": the rate must be in [0, 1), it is ", rate);
}

Variable drop_together(const Variable& x, double rate, const Shape& mask) {
  if (rate == 0) {
    return x;
  }
  const ForwardOptions& scope = forward_options();
  if (!scope.training) {
    return x;
  }
  const auto draws_of_sample = static_cast<std::uint64_t>(mask.without(0).numel());
  return x * Variable(kernels::dropout(Tensor::ones(mask, x.dtype()), rate, forward_key(),
                                       scope.first_sample * draws_of_sample));
}

}  // namespace gibbs::nn
