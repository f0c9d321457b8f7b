#include "gibbs/nn/layers/activations.h"

#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

Variable ReLU::forward(const Variable& x) {
  check_floating("ReLU", x);
  return relu(x);
}

Variable Tanh::forward(const Variable& x) {
  check_floating("Tanh", x);
  return tanh(x);
}

Variable Sigmoid::forward(const Variable& x) {
  check_floating("Sigmoid", x);
  return sigmoid(x);
}

Variable GELU::forward(const Variable& x) {
  check_floating("GELU", x);
  return gelu(x);
}

Variable Softmax::forward(const Variable& x) {
  check(x.rank() >= 1, "Softmax: ", forward_name(), " expects [..., K], received ", x.shape());
  check_floating("Softmax", x);
  return softmax(x);
}

}  // namespace gibbs::nn
