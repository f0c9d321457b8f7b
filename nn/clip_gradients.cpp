#include "gibbs/nn/clip_gradients.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::nn {
namespace {

constexpr std::int64_t kGrain = 1 << 16;

/// The distinct parameters whose gradients count.
std::vector<Named<Parameter>> with_gradients(const std::vector<Named<Parameter>>& parameters) {
  std::vector<Named<Parameter>> found;
  for (const Named<Parameter>& parameter : parameters) {
    const bool known = std::any_of(found.begin(), found.end(),
                                   [&](const Named<Parameter>& other) { return other.item.same_as(parameter.item); });
    if (!known && !parameter.item.frozen() && parameter.item.gradient().defined()) {
      found.push_back(parameter);
    }
  }
  return found;
}

double sum_of_squares(const Tensor& x) {
  return dispatch_floating(x.dtype(), "clip_gradient_norm", [&](auto zero) {
    const auto* data = x.data<decltype(zero)>();
    const auto piece = [data](std::int64_t first, std::int64_t last) {
      double total = 0;
      for (std::int64_t i = first; i < last; ++i) {
        total += static_cast<double>(data[i]) * static_cast<double>(data[i]);
      }
      return total;
    };
    return parallel_reduce(0, x.numel(), kGrain, 0.0, piece, std::plus<>());
  });
}

void check_limit(const char* op, const char* name, double limit) {
  check(limit > 0 && std::isfinite(limit), op, ": ", name, " is ", limit, "; it must be positive and finite");
}

}  // namespace

double clip_gradient_norm(const std::vector<Named<Parameter>>& parameters, double max_norm) {
  check_limit("clip_gradient_norm", "max_norm", max_norm);
  const std::vector<Named<Parameter>> clipped = with_gradients(parameters);
  double total = 0;
  for (const auto& [path, parameter] : clipped) {
    const double squares = sum_of_squares(parameter.gradient());
    check(std::isfinite(squares), "clip_gradient_norm: the gradient of parameter '", path, "' has norm ",
          std::sqrt(squares),
          "; no length can be given to it. Find where it comes from with AnomalyMode, or lower the ", "learning rate");
    total += squares;
  }
  const double norm = std::sqrt(total);
  if (norm > max_norm) {
    for (Named<Parameter> parameter : clipped) {
      parameter.item.set_gradient(kernels::mul(parameter.item.gradient(), max_norm / norm));
    }
  }
  return norm;
}

void clip_gradient_value(const std::vector<Named<Parameter>>& parameters, double max_value) {
  check_limit("clip_gradient_value", "max_value", max_value);
  const std::vector<Named<Parameter>> clipped = with_gradients(parameters);
  for (const auto& [path, parameter] : clipped) {
    const bool has_nan = parameter.gradient().numel() > 0 && std::isnan(kernels::max(parameter.gradient()).item());
    check(!has_nan, "clip_gradient_value: the gradient of parameter '", path,
          "' holds NaN, which no limit mends. Find where it ", "comes from with AnomalyMode");
  }
  for (Named<Parameter> parameter : clipped) {
    parameter.item.set_gradient(kernels::clamp(parameter.item.gradient(), -max_value, max_value));
  }
}

}  // namespace gibbs::nn
