// Initial weights. An initializer is a function from a shape and its fans to a tensor.
//
// fan_in and fan_out are the numbers of inputs and outputs that a weight connects: in and out for a dense layer,
// kh kw in/groups and kh kw out/groups for a convolution. Fans that do not add up to more than 0 are an error.
#pragma once

#include <functional>

#include "gibbs/tensor/random.h"

namespace gibbs::nn {

using Initializer = std::function<Tensor(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key)>;

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
