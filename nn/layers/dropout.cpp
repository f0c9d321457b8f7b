#include "gibbs/nn/layers/dropout.h"

#include <fmt/format.h>

#include "gibbs/autograd/record.h"
#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/detail/drop_together.h"
#include "gibbs/nn/forward.h"
#include "gibbs/tensor/kernels/dropout.h"

namespace gibbs::nn {

Dropout::Dropout(const DropoutOptions& options) : options_(options) { check_rate("Dropout", options.rate); }

std::string Dropout::describe() const { return fmt::format("Dropout({})", options_.rate); }

std::unique_ptr<Module> Dropout::share() const { return std::make_unique<Dropout>(*this); }

Variable Dropout::forward(const Variable& x) {
  if (options_.rate == 0) {
    return x;
  }
  const ForwardOptions& scope = forward_options();
  if (!scope.training) {
    return x;
  }
  check(x.rank() >= 1, "Dropout: ", forward_name(), " expects [N, ...], received ", x.shape());
  check_floating("Dropout", x);
  const auto elements_per_sample = static_cast<std::uint64_t>(x.shape().without(0).numel());
  const auto drop = [rate = options_.rate, key = forward_key(), first = scope.first_sample * elements_per_sample](
                        const Tensor& t) { return kernels::dropout(t, rate, key, first); };
  return linear_map("dropout", x, drop, drop);  // a diagonal matrix is its own adjoint
}

}  // namespace gibbs::nn
