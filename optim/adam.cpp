#include "gibbs/optim/adam.h"

#include <fmt/format.h>

#include <cmath>

#include "gibbs/optim/detail/elementwise.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::optim {
namespace {

/// One step: w = keep w - rate m / (root sqrt(v) + epsilon). Both epsilon modes are choices of rate and root.
template <class T>
struct Coefficients {
  T beta1, new1, beta2, new2, keep, rate, root, epsilon;
};

/// The coefficients come by value: behind a reference the stores could change them, and nothing would vectorise.
template <class T>
void adam_step(T* __restrict w, T* __restrict m, T* __restrict v, const T* __restrict g, std::int64_t n,
               const Coefficients<T> c) {
  for (std::int64_t i = 0; i < n; ++i) {
    m[i] = c.beta1 * m[i] + c.new1 * g[i];
    v[i] = c.beta2 * v[i] + c.new2 * g[i] * g[i];
    w[i] = c.keep * w[i] - c.rate * m[i] / (c.root * std::sqrt(v[i]) + c.epsilon);
  }
}

}  // namespace

Adam::Adam(const Groups& groups, const AdamOptions& options)
    : Adam("Adam", groups, options, /*weight_decay=*/std::nullopt) {}

Adam::Adam(const char* name, const Groups& groups, const AdamOptions& options, std::optional<double> weight_decay)
    : Method(name, groups, options.learning_rate, weight_decay), options_(options) {
  check(options.beta1 >= 0 && options.beta1 < 1, name, ": beta1 is ", options.beta1, "; it must be in [0, 1)");
  check(options.beta2 >= 0 && options.beta2 < 1, name, ": beta2 is ", options.beta2, "; it must be in [0, 1)");
  check(std::isfinite(options.epsilon) && options.epsilon > 0, name, ": epsilon is ", options.epsilon,
        "; it must be finite and above 0");
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    const auto& [path, parameter] = parameters()[i];
    const bool is_zero = parameter.dtype() == DType::float32 && static_cast<float>(options.epsilon) == 0;
    check(!is_zero, name, ": epsilon is ", options.epsilon, ", which is 0 in float32, the dtype of parameter '", path,
          "'; 0 / 0 would make NaN of weights whose gradient is 0");
    moments_.push_back({zeros_like_parameter(i), zeros_like_parameter(i)});
  }
}

RunSettings Adam::settings() const {
  RunSettings all = Optimizer::settings();
  all.emplace_back("beta1", fmt::format("{}", options_.beta1));
  all.emplace_back("beta2", fmt::format("{}", options_.beta2));
  all.emplace_back("epsilon", fmt::format("{}", options_.epsilon));
  all.emplace_back("epsilon mode", options_.epsilon_mode == EpsilonMode::keras ? "keras" : "bias_corrected");
  return all;
}

void Adam::step_parameter(std::size_t i, Parameter& parameter) {
  Moments& moments = moments_[i];
  const auto t = static_cast<double>(++moments.steps);
  const double c1 = 1 - portable::pow(options_.beta1, t), c2 = 1 - portable::pow(options_.beta2, t);
  const bool keras = options_.epsilon_mode == EpsilonMode::keras;
  const double corrected = rate(i) / c1 * (keras ? std::sqrt(c2) : 1), root = keras ? 1 : 1 / std::sqrt(c2);
  dispatch_floating(parameter.dtype(), name(), [&](auto zero) {
    using T = decltype(zero);
    const Coefficients<T> c = {.beta1 = static_cast<T>(options_.beta1),
                               .new1 = static_cast<T>(1 - options_.beta1),
                               .beta2 = static_cast<T>(options_.beta2),
                               .new2 = static_cast<T>(1 - options_.beta2),
                               .keep = static_cast<T>(1 - rate(i) * weight_decay(i)),
                               .rate = static_cast<T>(corrected),
                               .root = static_cast<T>(root),
                               .epsilon = static_cast<T>(options_.epsilon)};
    const T* g = parameter.gradient().data<T>();
    T *w = parameter.mutable_value().mutable_data<T>(), *m = moments.first.mutable_data<T>(),
      *v = moments.second.mutable_data<T>();
    for_pieces(parameter.value().numel(), [&](std::int64_t first, std::int64_t last) {
      adam_step(w + first, m + first, v + first, g + first, last - first, c);
    });
  });
}

void Adam::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  visitor.counter(prefix + "steps", moments_[i].steps);
  visitor.tensor(prefix + "first_moment", moments_[i].first);
  visitor.tensor(prefix + "second_moment", moments_[i].second);
}

AdamW::AdamW(const Groups& groups, const AdamWOptions& options)
    : Adam("AdamW", groups,
           {.learning_rate = options.learning_rate,
            .beta1 = options.beta1,
            .beta2 = options.beta2,
            .epsilon = options.epsilon,
            .epsilon_mode = options.epsilon_mode},
           options.weight_decay) {}

}  // namespace gibbs::optim
