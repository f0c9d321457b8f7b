// Activations of numbers that lie in a row, on one thread: for kernels that have just made them.
#pragma once

#include <cstdint>

#include "gibbs/tensor/kernels/activation.h"

namespace gibbs::kernels::detail {

/// x = f(x).
void activate(Activation activation, float* x, std::int64_t n);
void activate(Activation activation, double* x, std::int64_t n);
/// dx = dy f'(x). dx may be x or dy.
void activation_gradient(Activation activation, const float* x, const float* dy, float* dx, std::int64_t n);
void activation_gradient(Activation activation, const double* x, const double* dy, double* dx, std::int64_t n);

}  // namespace gibbs::kernels::detail
