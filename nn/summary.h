// A table of a model's layers: output shapes, parameters and arithmetic.
#pragma once

#include <string>

#include "gibbs/nn/module.h"

namespace gibbs::nn {

/// A table as Keras prints it, made by running the model on zeros of shape [1, input_shape...], without tape.
/// One line per layer in the order of calls; a layer that is called twice has two lines, with its parameters in the
/// first. MFLOP: millions of floating-point operations of one sample's forward pass (Module::flops). Buffers and frozen
/// parameters count as non-trainable. Of a model with pending parameters a clone is run, which is given numbers.
std::string summary(Layer& model, const Shape& input_shape);

}  // namespace gibbs::nn
