#include "gibbs/optim/adam.h"

#include <algorithm>
#include <cmath>

#include "gibbs/optim/detail/elementwise.h"
#include "gibbs/optim/detail/options.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::optim {
namespace {

/// w = keep w - rate m / (root sqrt(v) + epsilon). Both epsilon modes are choices of rate and root.
template <class T>
struct AdamUpdate {
  T beta1, new1, beta2, new2, keep, rate, root, epsilon;
  Descent<T> descent;

  void operator()(T& w, T g, T& m, T& v) const {
    learn(descent(g, w), m, v);
    step(w, m, v);
  }
  void operator()(T& w, T g, T& m, T& v, T& largest) const {
    learn(descent(g, w), m, v);
    largest = std::max(largest, v);
    step(w, m, largest);
  }

 private:
  void learn(T g, T& m, T& v) const {
    m = beta1 * m + new1 * g;
    v = beta2 * v + new2 * g * g;
  }
  void step(T& w, T m, T v) const { w = keep * w - rate * m / (root * std::sqrt(v) + epsilon); }
};

}  // namespace

Adam::Adam(const char* name, const Groups& groups, const AdamOptions& options)
    : Method(name, groups, options.learning_rate, options.weight_decay), options_(options) {
  detail::check_share(name, "beta1", options.beta1);
  detail::check_share(name, "beta2", options.beta2);
  detail::check_epsilon(name, options.epsilon, parameters());
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    moments_.push_back({zeros_like_parameter(i), zeros_like_parameter(i), {}});
    if (options.amsgrad) {
      moments_[i].largest_second = zeros_like_parameter(i);
    }
  }
}

RunSettings Adam::settings() const {
  return detail::with(Optimizer::settings(),
                      {{"beta1", detail::setting(options_.beta1)},
                       {"beta2", detail::setting(options_.beta2)},
                       {"epsilon", detail::setting(options_.epsilon)},
                       {"epsilon mode", options_.epsilon_mode == EpsilonMode::keras ? "keras" : "bias_corrected"},
                       {"decoupled weight decay", detail::setting(options_.decoupled_weight_decay)},
                       {"amsgrad", detail::setting(options_.amsgrad)},
                       {"maximize", detail::setting(options_.maximize)}});
}

void Adam::step_parameter(std::size_t i, Parameter& parameter) {
  Moments& moments = moments_[i];
  const auto t = static_cast<double>(++moments.steps);
  const double c1 = 1 - portable::pow(options_.beta1, t), c2 = 1 - portable::pow(options_.beta2, t);
  const bool keras = options_.epsilon_mode == EpsilonMode::keras, decoupled = options_.decoupled_weight_decay;
  const double corrected = rate(i) / c1 * (keras ? std::sqrt(c2) : 1), root = keras ? 1 : 1 / std::sqrt(c2);
  const auto update = [&]<class T>(T) {
    return AdamUpdate<T>{.beta1 = static_cast<T>(options_.beta1),
                         .new1 = static_cast<T>(1 - options_.beta1),
                         .beta2 = static_cast<T>(options_.beta2),
                         .new2 = static_cast<T>(1 - options_.beta2),
                         .keep = static_cast<T>(decoupled ? 1 - rate(i) * weight_decay(i) : 1),
                         .rate = static_cast<T>(corrected),
                         .root = static_cast<T>(root),
                         .epsilon = static_cast<T>(options_.epsilon),
                         .descent = {options_.maximize, decoupled ? 0 : weight_decay(i)}};
  };
  if (options_.amsgrad) {
    update_elements(name(), parameter, update, moments.first, moments.second, moments.largest_second);
  } else {
    update_elements(name(), parameter, update, moments.first, moments.second);
  }
}

void Adam::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  visitor.counter(prefix + "steps", moments_[i].steps);
  visitor.tensor(prefix + "first_moment", moments_[i].first);
  visitor.tensor(prefix + "second_moment", moments_[i].second);
  if (options_.amsgrad) {
    visitor.tensor(prefix + "largest_second_moment", moments_[i].largest_second);
  }
}

AdamW::AdamW(const Groups& groups, const AdamWOptions& options)
    : Adam("AdamW", groups,
           {.learning_rate = options.learning_rate,
            .beta1 = options.beta1,
            .beta2 = options.beta2,
            .epsilon = options.epsilon,
            .epsilon_mode = options.epsilon_mode,
            .weight_decay = options.weight_decay,
            .decoupled_weight_decay = true,
            .amsgrad = options.amsgrad,
            .maximize = options.maximize}) {}

}  // namespace gibbs::optim
