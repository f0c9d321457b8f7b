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

/// |scale x|^2, in float64.
double sum_of_squares(const Tensor& x, double scale) {
  return dispatch_floating(x.dtype(), "clip_gradient_norm", [&](auto zero) {
    const auto* data = x.data<decltype(zero)>();
    const auto piece = [data, scale](std::int64_t first, std::int64_t last) {
      double total = 0;
      for (std::int64_t i = first; i < last; ++i) {
        const double scaled = static_cast<double>(data[i]) * scale;
        total += scaled * scaled;
      }
      return total;
    };
    return parallel_reduce(0, x.numel(), kGrain, 0.0, piece, std::plus<>());
  });
}

double sum_of_squares(const std::vector<Named<Parameter>>& parameters, double scale) {
  double total = 0;
  for (const auto& [path, parameter] : parameters) {
    total += sum_of_squares(parameter.gradient(), scale);
  }
  return total;
}

/// The largest magnitude in all gradients. Throws where one is not finite.
double largest_in(const std::vector<Named<Parameter>>& parameters) {
  double largest = 0;
  for (const auto& [path, parameter] : parameters) {
    const Tensor& gradient = parameter.gradient();
    const double own = gradient.numel() > 0 ? kernels::max(kernels::abs(gradient)).item() : 0;
    check(std::isfinite(own), "clip_gradient_norm: the gradient of parameter '", path, "' has norm ", own,
          "; no length can be given to it. Find where it comes from with AnomalyMode, or lower the ", "learning rate");
    largest = std::max(largest, own);
  }
  return largest;
}

/// The norm of all gradients together is length / scale.
struct Norm {
  double length, scale;
};

/// The scale is 1 unless squares leave the range of float64, or lose digits at its end.
Norm norm_of(const std::vector<Named<Parameter>>& parameters) {
  const double squares = sum_of_squares(parameters, 1);
  if (squares > 1e-280 && std::isfinite(squares)) {
    return {std::sqrt(squares), 1};
  }
  const double largest = largest_in(parameters);
  if (largest == 0) {
    return {0, 1};
  }
  const double scale = std::ldexp(1.0, std::clamp(-std::ilogb(largest), -1000, 1000));
  return {std::sqrt(sum_of_squares(parameters, scale)), scale};
}

/// x max_norm / norm, rounded once where x is float32.
Tensor shortened(const Tensor& x, const Norm& norm, double max_norm) {
  Tensor result = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch_floating(x.dtype(), "clip_gradient_norm", [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.data<T>();
    T* to = result.mutable_data<T>();
    parallel_for(0, x.numel(), kGrain, [=](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        to[i] = static_cast<T>(static_cast<double>(from[i]) * norm.scale / norm.length * max_norm);
      }
    });
  });
  return result;
}

void check_limit(const char* op, const char* name, double limit) {
  check(limit > 0 && std::isfinite(limit), op, ": ", name, " is ", limit, "; it must be positive and finite");
}

}  // namespace

double clip_gradient_norm(const std::vector<Named<Parameter>>& parameters, double max_norm) {
  check_limit("clip_gradient_norm", "max_norm", max_norm);
  const std::vector<Named<Parameter>> clipped = with_gradients(parameters);
  const Norm norm = norm_of(clipped);
  const double length = norm.length / norm.scale;
  if (length > max_norm) {
    for (Named<Parameter> parameter : clipped) {
      parameter.item.set_gradient(shortened(parameter.item.gradient(), norm, max_norm));
    }
  }
  return length;
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
