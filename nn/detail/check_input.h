// What layers ask of their weights and of the dtype of their input, so that an error names the layer and its place in
// the model and not the op inside of it. To be called in a layer's forward.
#pragma once

#include "gibbs/autograd/parameter.h"
#include "gibbs/autograd/variable.h"

namespace gibbs::nn {

/// Throws unless x is float32 or float64.
void check_floating(const char* layer, const Variable& x);

/// Throws unless x is [N, H, W, C] of at least one pixel, in float32 or float64.
void check_images(const char* layer, const Variable& x);

/// Throws unless the layer's weight has numbers and x has its dtype.
void check_parameter(const char* layer, const Variable& x, const Parameter& weight);

}  // namespace gibbs::nn
