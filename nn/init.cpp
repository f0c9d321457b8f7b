#include "gibbs/nn/init.h"

#include <cmath>

namespace gibbs::nn {
namespace {

/// Zero-mean uniform and normal tensors of a given variance.
Tensor uniform_of_variance(double variance, const Shape& shape, RandomKey key) {
  const double limit = std::sqrt(3 * variance);
  return kernels::uniform(key, shape, -limit, limit);
}

Tensor normal_of_variance(double variance, const Shape& shape, RandomKey key) {
  return kernels::normal(key, shape, 0, std::sqrt(variance));
}

double over(double numerator, std::int64_t fan) { return numerator / static_cast<double>(fan); }

}  // namespace

Tensor glorot_uniform(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key) {
  return uniform_of_variance(over(2, fan_in + fan_out), shape, key);
}
Tensor glorot_normal(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key) {
  return normal_of_variance(over(2, fan_in + fan_out), shape, key);
}
Tensor he_uniform(const Shape& shape, std::int64_t fan_in, std::int64_t /*fan_out*/, RandomKey key) {
  return uniform_of_variance(over(2, fan_in), shape, key);
}
Tensor he_normal(const Shape& shape, std::int64_t fan_in, std::int64_t /*fan_out*/, RandomKey key) {
  return normal_of_variance(over(2, fan_in), shape, key);
}
Tensor lecun_uniform(const Shape& shape, std::int64_t fan_in, std::int64_t /*fan_out*/, RandomKey key) {
  return uniform_of_variance(over(1, fan_in), shape, key);
}
Tensor lecun_normal(const Shape& shape, std::int64_t fan_in, std::int64_t /*fan_out*/, RandomKey key) {
  return normal_of_variance(over(1, fan_in), shape, key);
}

}  // namespace gibbs::nn
