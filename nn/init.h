// Initial weights. An initializer is a function from a shape and its fans to a tensor; layers hold theirs in a pending
// parameter, and `initialize` draws the numbers of a whole model:
//
//   Sequential model{Dense({.in = 4, .out = 8}), ReLU(), Dense({.in = 8, .out = 2})};
//   initialize(model, 0);
//
// Each tensor has a key of its own, (seed, path). So the numbers of "2.weight" are the same whichever layer the
// compiler makes first, and however the model is put together.
//
// fan_in and fan_out are the numbers of inputs and outputs that a weight connects: in and out for a dense layer,
// kh kw in/groups and kh kw out/groups for a convolution. Fans that do not add up to more than 0 are an error.
#pragma once

#include <concepts>
#include <cstdint>

#include "gibbs/nn/module.h"
#include "gibbs/tensor/random.h"

namespace gibbs::nn {

using Initializer = Parameter::Initializer;

/// Gives every pending parameter its numbers, from the key RandomKey{seed}.derive(path), where path is that of
/// named_parameters(module); a tied one takes its first path. Parameters that have numbers (made from a tensor, loaded,
/// initialized before) keep them. Parts that are initialized apart from each other need seeds of their own.
void initialize(Module& module, std::uint64_t seed);
/// The module with its numbers: `initialized(Dense({.in = 4, .out = 8}), 0)`.
template <std::derived_from<Module> M>
M initialized(M module, std::uint64_t seed) {
  initialize(module, seed);
  return module;
}
/// Whether a parameter of the module waits for its numbers.
bool has_pending(Module& module);

/// Uniform in +-sqrt(6 / (fan_in + fan_out)); normal with variance 2 / (fan_in + fan_out). Glorot and Bengio 2010.
Tensor glorot_uniform(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key);
Tensor glorot_normal(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key);
/// Uniform in +-sqrt(6 / fan_in); normal with variance 2 / fan_in. For relu. He et al. 2015.
Tensor he_uniform(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key);
Tensor he_normal(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key);
/// Uniform in +-sqrt(3 / fan_in); normal with variance 1 / fan_in. LeCun et al. 1998.
Tensor lecun_uniform(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key);
Tensor lecun_normal(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key);

}  // namespace gibbs::nn
