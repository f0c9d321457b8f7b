#include "gibbs/nn/activations.h"

#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/softmax.h"

namespace gibbs::nn {

Variable ReLU::forward(const Variable& x) { return relu(x); }
Variable Tanh::forward(const Variable& x) { return tanh(x); }
Variable Sigmoid::forward(const Variable& x) { return sigmoid(x); }
Variable GELU::forward(const Variable& x) { return gelu(x); }
Variable Softmax::forward(const Variable& x) { return softmax(x); }

}  // namespace gibbs::nn
