#include "gibbs/train/outputs.h"

#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/layers/dropout.h"
#include "gibbs/nn/layers/flatten.h"
#include "gibbs/nn/sequential.h"
#include "gibbs/tensor/kernels/softmax.h"

namespace gibbs::train {
namespace {

template <class Layer>
bool is(const nn::Module& module) {
  return dynamic_cast<const Layer*>(&module) != nullptr;
}

bool ends_in_probabilities(nn::Module& module) {
  if (auto* layers = dynamic_cast<nn::Sequential*>(&module)) {
    std::size_t last = layers->size();
    while (last > 0 && (is<nn::Flatten>((*layers)[last - 1]) || is<nn::Dropout>((*layers)[last - 1]))) {
      --last;
    }
    return last > 0 && ends_in_probabilities((*layers)[last - 1]);
  }
  return is<nn::Softmax>(module) || is<nn::Sigmoid>(module);
}

}  // namespace

Outputs resolved(Outputs outputs, nn::Module& model) {
  if (outputs != Outputs::automatic) {
    return outputs;
  }
  return ends_in_probabilities(model) ? Outputs::probabilities : Outputs::logits;
}

Tensor probabilities(const Tensor& outputs, Outputs kind, nn::Module& model) {
  return resolved(kind, model) == Outputs::probabilities ? outputs : kernels::softmax(outputs);
}

}  // namespace gibbs::train
