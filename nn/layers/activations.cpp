#include "gibbs/nn/layers/activations.h"

#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

std::unique_ptr<Module> ReLU::share() const { return std::make_unique<ReLU>(*this); }

Variable ReLU::forward(const Variable& x) {
  check_floating("ReLU", x);
  return relu(x);
}

std::unique_ptr<Module> Tanh::share() const { return std::make_unique<Tanh>(*this); }

Variable Tanh::forward(const Variable& x) {
  check_floating("Tanh", x);
  return tanh(x);
}

std::unique_ptr<Module> Sigmoid::share() const { return std::make_unique<Sigmoid>(*this); }

Variable Sigmoid::forward(const Variable& x) {
  check_floating("Sigmoid", x);
  return sigmoid(x);
}

std::unique_ptr<Module> GELU::share() const { return std::make_unique<GELU>(*this); }

Variable GELU::forward(const Variable& x) {
  check_floating("GELU", x);
  return gelu(x);
}

std::unique_ptr<Module> Softmax::share() const { return std::make_unique<Softmax>(*this); }

Variable Softmax::forward(const Variable& x) {
  check(x.rank() >= 1, "Softmax: ", forward_name(), " expects [..., K], received ", x.shape());
  check_floating("Softmax", x);
  return softmax(x);
}

}  // namespace gibbs::nn
