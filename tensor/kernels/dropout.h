// Dropout's mask, drawn while it is applied: nothing is stored, and the gradient draws the same mask again,
// from the same key.
#pragma once

#include "gibbs/tensor/random.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// y_i = x_i / (1 - rate) where word `first + i` of the stream says keep (probability 1 - rate), else 0. Linear in x
/// and its own adjoint. The probability is rounded to a multiple of 2^-32. Srivastava et al. 2014, in the inverted form
/// that leaves evaluation untouched.
Tensor dropout(const Tensor& x, double rate, const RandomKey& key, std::uint64_t first = 0);

}  // namespace gibbs::kernels
