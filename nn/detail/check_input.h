// What layers ask of the dtype of their input, so that an error names the layer and its place in the model and not the
// op inside of it. To be called in a layer's forward.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs::nn {

/// Throws unless x is float32 or float64.
void check_floating(const char* layer, const Variable& x);

/// Throws unless x has the dtype of the layer's parameters.
void check_dtype(const char* layer, const Variable& x, DType parameters);

}  // namespace gibbs::nn
