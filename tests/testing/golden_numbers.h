// Weights and images that every framework can make, so that runs elsewhere can be compared with runs here.
//
// With s <- (1664525 s + 1013904223) mod 2^32 and u = s / 2^32 - 1/2: parameter k = 1, 2, ... of a model is seeded with
// k; weights are 2 sqrt(6 / (fan_in + fan_out)) u, biases 0.02 u. Images are u + 1/2, seeded with 100.
#pragma once

#include <cmath>
#include <cstdint>

#include "gibbs/nn/module.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::testing {

inline Tensor golden_numbers(std::uint32_t seed, const Shape& shape, double scale, double shift = 0) {
  Tensor values = Tensor::uninitialized(shape, DType::float64);
  double* out = values.mutable_data<double>();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    seed = 1664525U * seed + 1013904223U;
    out[i] = scale * (static_cast<double>(seed) / 0x1p32 - 0.5) + shift;
  }
  return values;
}

/// [count, 32, 32, 3] in [0, 1).
inline Tensor golden_images(std::int64_t count, DType dtype) {
  return kernels::cast(golden_numbers(100, {count, 32, 32, 3}, 1, 0.5), dtype);
}

/// Of a matrix or a convolution [..., in, out], float64.
inline Tensor golden_weight(std::uint32_t seed, const Shape& shape) {
  const double places = static_cast<double>(shape.sub(0, shape.rank() - 2).numel());
  return golden_numbers(seed, shape, 2 * std::sqrt(6 / (places * static_cast<double>(shape[-2] + shape[-1]))));
}

/// Replaces all parameters, in the order of visit.
inline void set_golden_parameters(nn::Layer& model, DType dtype) {
  std::uint32_t seed = 1;
  for (auto& [path, parameter] : nn::named_parameters(model)) {
    const Shape& shape = parameter.shape();
    parameter.replace(
        kernels::cast(shape.rank() > 1 ? golden_weight(seed, shape) : golden_numbers(seed, shape, 0.02), dtype));
    ++seed;
  }
}

}  // namespace gibbs::testing
