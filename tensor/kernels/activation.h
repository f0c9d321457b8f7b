// Activations as kernels: f(x) in one pass over memory, and dy f'(x) in another. Norms and convolutions apply them to
// what they have just made, while it is in the cache (detail/activate.h).
//
//   relu   max(x, 0)
//   gelu   x P(N(0, 1) < x)                 Hendrycks and Gimpel 2016; exact, by erf
//   silu   x / (1 + e^-x)                   also called swish; Elfwing et al. 2017
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

enum class Activation : std::uint8_t { identity, relu, gelu, silu };

/// Whether f'(x) follows from f(x), so that x need not be kept: identity and relu.
inline bool gradient_follows_from_value(Activation f) { return f == Activation::identity || f == Activation::relu; }

/// "gelu".
const char* name_of(Activation activation);

/// What becomes of a number v of a channel that a kernel has just made: f(v scale + shift). scale and shift [channels],
/// in the kernel's dtype; undefined: 1 and 0.
struct Epilogue {
  Tensor scale = {}, shift = {};
  Activation activation = Activation::identity;
};
/// Throws unless scale and shift are as said.
void check_epilogue(const char* op, const Epilogue& epilogue, std::int64_t channels, DType dtype);

/// f(x), of any shape, float32 or float64.
Tensor activate(Activation activation, const Tensor& x);
/// f(a + b), of equal shapes.
Tensor activated_sum(Activation activation, const Tensor& a, const Tensor& b);
/// dy f'(x), for dy of x's shape.
Tensor activation_gradient(Activation activation, const Tensor& x, const Tensor& dy);

}  // namespace gibbs::kernels
