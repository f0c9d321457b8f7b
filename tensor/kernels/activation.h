// Activations as kernels: f(x) in one pass over memory, and dy f'(x) in another. Norms apply them to a row that they
// have just made, while it is in the cache (detail/activate.h).
//
//   relu   max(x, 0)
//   gelu   x P(N(0, 1) < x)                 Hendrycks and Gimpel 2016; exact, by erf
//   silu   x / (1 + e^-x)                   also called swish; Elfwing et al. 2017
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

enum class Activation : std::uint8_t { identity, relu, gelu, silu };

/// "gelu".
const char* name_of(Activation activation);

/// f(x), of any shape, float32 or float64.
Tensor activate(Activation activation, const Tensor& x);
/// dy f'(x), for dy of x's shape.
Tensor activation_gradient(Activation activation, const Tensor& x, const Tensor& dy);

}  // namespace gibbs::kernels
