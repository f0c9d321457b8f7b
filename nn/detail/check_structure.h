// What check_layer asks of a layer before it looks at derivatives: what the layer reports of itself, and its copies.
// Each function returns what it made sure of, or throws.
#pragma once

#include <string>

#include "gibbs/nn/forward.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn::detail {

/// How layers are run: in evaluation, and in training with a fixed seed and step.
ForwardOptions evaluation();
ForwardOptions training();

/// The output without a tape, in a scope of its own.
Tensor output_of(Layer& module, const Tensor& x, const ForwardOptions& how = evaluation());

/// x with every sample replaced by the first; x itself where there is none.
Tensor first_sample_repeated(const Tensor& x);

/// Two visits report the same, defined parts under different names.
std::string check_visit(Layer& layer);

/// Every trainable leaf behind the output was visited, and every visited one is behind it, in evaluation or training.
std::string check_parameters(Layer& layer, const Tensor& x);

/// share() gives the same type.
void check_share(const Module& layer, const Module& shared);

/// share() gives the same type with the same parameters, clone() the same function with parameters of its own.
std::string check_copies(Layer& layer, const Tensor& x);

/// The output follows numbers that are loaded.
std::string check_save_and_load(Layer& layer, const Tensor& x);

}  // namespace gibbs::nn::detail
