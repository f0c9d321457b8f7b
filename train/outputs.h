// Outputs: what the numbers are that a model gives per image, and the probabilities that they mean.
#pragma once

#include "gibbs/nn/module.h"

namespace gibbs::train {

/// A model's outputs [N, K] are logits, of which softmax makes probabilities, or are probabilities already. `automatic`
/// are probabilities when the model is a Sequential whose last layer is a Softmax or a Sigmoid (Flatten and Dropout,
/// which leave values as they are, may follow; a Sequential in its place counts), and logits otherwise. A model of a
/// class of your own that ends in a softmax is to be said: nobody can look into it.
enum class Outputs { automatic, logits, probabilities };

/// `automatic` as what it means for this model; the others unchanged.
Outputs resolved(Outputs outputs, nn::Module& model);

/// The probabilities [N, K] of a model's outputs [N, K].
Tensor probabilities(const Tensor& outputs, Outputs kind, nn::Module& model);

}  // namespace gibbs::train
