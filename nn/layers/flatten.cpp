#include "gibbs/nn/layers/flatten.h"

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

std::unique_ptr<Module> Flatten::share() const { return std::make_unique<Flatten>(*this); }

Variable Flatten::forward(const Variable& x) {
  check(x.rank() >= 1, "Flatten: ", forward_name(), " expects [N, ...], received ", x.shape());
  return flatten(x);
}

}  // namespace gibbs::nn
