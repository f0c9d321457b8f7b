#include "gibbs/nn/init.h"

#include <algorithm>
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

/// numerator / fan; `fan` is the sum of what the initializer counts.
double variance_of(const char* initializer, double numerator, double fan) {
  check(fan > 0, initializer, ": the fans that a weight connects add up to ", fan, "; they must be positive");
  return numerator / fan;
}

}  // namespace

void initialize(Module& module, std::uint64_t seed) {
  for (auto& [path, parameter] : named_parameters(module)) {
    parameter.initialize(RandomKey{.seed = seed}.derive(path));
  }
}

bool has_pending(Module& module) {
  const auto all = parameters(module);
  return std::any_of(all.begin(), all.end(), [](const Named<Parameter>& named) { return named.item.is_pending(); });
}

Tensor glorot_uniform(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key) {
  const double fans = static_cast<double>(fan_in) + static_cast<double>(fan_out);
  return uniform_of_variance(variance_of("glorot_uniform", 2, fans), shape, key);
}
Tensor glorot_normal(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key) {
  const double fans = static_cast<double>(fan_in) + static_cast<double>(fan_out);
  return normal_of_variance(variance_of("glorot_normal", 2, fans), shape, key);
}
Tensor he_uniform(const Shape& shape, std::int64_t fan_in, std::int64_t /*fan_out*/, RandomKey key) {
  return uniform_of_variance(variance_of("he_uniform", 2, static_cast<double>(fan_in)), shape, key);
}
Tensor he_normal(const Shape& shape, std::int64_t fan_in, std::int64_t /*fan_out*/, RandomKey key) {
  return normal_of_variance(variance_of("he_normal", 2, static_cast<double>(fan_in)), shape, key);
}
Tensor lecun_uniform(const Shape& shape, std::int64_t fan_in, std::int64_t /*fan_out*/, RandomKey key) {
  return uniform_of_variance(variance_of("lecun_uniform", 1, static_cast<double>(fan_in)), shape, key);
}
Tensor lecun_normal(const Shape& shape, std::int64_t fan_in, std::int64_t /*fan_out*/, RandomKey key) {
  return normal_of_variance(variance_of("lecun_normal", 1, static_cast<double>(fan_in)), shape, key);
}

}  // namespace gibbs::nn
