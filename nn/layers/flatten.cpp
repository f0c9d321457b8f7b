#include "gibbs/nn/layers/flatten.h"

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

Variable Flatten::forward(const Variable& x) {
  check(x.rank() >= 1, "Flatten: ", forward_name(), " expects [N, ...], received ", x.shape());
  return flatten(x);
}

}  // namespace gibbs::nn
