// gradcheck for layers: gradients with respect to a module's input and to its parameters against central differences.
// For the library's layers and for users' own; what is checked and how is said in autograd/gradcheck.h.
//
//   EXPECT_TRUE(nn::gradcheck(layer, x)) << nn::gradcheck(layer, x).message;
//
// The module and x are float64: nn::to(module, DType::float64). Integers (indices) have no gradient: of such an x only
// the parameters are left. Every evaluation runs in a fresh ForwardScope with the current options, so dropout draws one
// mask throughout, and begins with the buffers of now, which are there again at the end.
#pragma once

#include "gibbs/autograd/gradcheck.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

/// First derivatives with respect to x and all parameters that are not frozen. A message names the parameter's path.
GradcheckReport gradcheck(Layer& module, const Tensor& x, const GradcheckOptions& options = {});

/// Second derivatives: of all first derivatives with respect to x, the parameters and the output's cotangent.
GradcheckReport gradgradcheck(Layer& module, const Tensor& x, const GradcheckOptions& options = {});

}  // namespace gibbs::nn
