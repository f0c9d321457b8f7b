// Gradient clipping, between backward and the optimizer's step: against the rare batch whose gradient is far too long.
//
//   backward(loss);
//   clip_gradient_norm(named_parameters(model), 1.0);
//   adam.step();
//
// Both skip parameters that are frozen or have no gradient, and count a tied parameter once. Gradients that somebody
// holds are not written to: a clipped parameter gets a new one.
#pragma once

#include <vector>

#include "gibbs/autograd/parameter.h"
#include "gibbs/tensor/named.h"

namespace gibbs::nn {

/// Shortens the gradient of all parameters together, g, to length max_norm where |g|_2 is larger: g max_norm / |g|
/// (Pascanu et al. 2013). Returns |g| as it was, which is worth plotting. Summed in float64, in the same order on any
/// number of threads, of numbers of any size: where squares leave float64's range, the gradients are scaled first, and
/// where |g| itself does, inf is returned and the gradients have length max_norm all the same. Throws, before changing
/// anything, when max_norm is not positive or a norm is NaN or infinite: the message names the first such parameter.
double clip_gradient_norm(const std::vector<Named<Parameter>>& parameters, double max_norm);

/// Limits every element of every gradient to [-max_value, max_value]. Unlike clipping the norm, this turns the
/// gradient. Throws when max_value is not positive or an element is NaN; infinities are limited.
void clip_gradient_value(const std::vector<Named<Parameter>>& parameters, double max_value);

}  // namespace gibbs::nn
