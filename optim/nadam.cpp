#include "gibbs/optim/nadam.h"

#include <cmath>

#include "gibbs/optim/detail/elementwise.h"
#include "gibbs/optim/detail/options.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::optim {
namespace {

/// w = keep w - (of_moment m + of_gradient g') / (root sqrt(v) + epsilon).
template <class T>
struct NAdamUpdate {
  T beta1, new1, beta2, new2, keep, of_moment, of_gradient, root, epsilon;
  Descent<T> descent;

  void operator()(T& w, T g, T& m, T& v) const {
    const T gradient = descent(g, w);
    m = beta1 * m + new1 * gradient;
    v = beta2 * v + new2 * gradient * gradient;
    w = keep * w - (of_moment * m + of_gradient * gradient) / (root * std::sqrt(v) + epsilon);
  }
};

}  // namespace

NAdam::NAdam(const Groups& groups, const NAdamOptions& options)
    : Method("NAdam", groups, options.learning_rate, options.weight_decay), options_(options) {
  detail::check_share("NAdam", "beta1", options.beta1);
  detail::check_share("NAdam", "beta2", options.beta2);
  detail::check_epsilon("NAdam", options.epsilon, parameters());
  detail::check_from_0("NAdam", "momentum_decay", options.momentum_decay);
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    moments_.push_back({.first = zeros_like_parameter(i), .second = zeros_like_parameter(i)});
  }
}

RunSettings NAdam::settings() const {
  return detail::with(Optimizer::settings(),
                      {{"beta1", detail::setting(options_.beta1)},
                       {"beta2", detail::setting(options_.beta2)},
                       {"epsilon", detail::setting(options_.epsilon)},
                       {"momentum_decay", detail::setting(options_.momentum_decay)},
                       {"decoupled weight decay", detail::setting(options_.decoupled_weight_decay)},
                       {"maximize", detail::setting(options_.maximize)}});
}

double NAdam::share(double t) const {
  return options_.beta1 * (1 - 0.5 * portable::pow(0.96, t * options_.momentum_decay));
}

void NAdam::step_parameter(std::size_t i, Parameter& parameter) {
  Moments& moments = moments_[i];
  const auto t = static_cast<double>(++moments.steps);
  const double mu = share(t), next = share(t + 1);
  moments.product *= mu;
  const double of_moment = rate(i) * next / (1 - moments.product * next);
  const double of_gradient = rate(i) * (1 - mu) / (1 - moments.product);
  const double root = 1 / std::sqrt(1 - portable::pow(options_.beta2, t));
  const bool decoupled = options_.decoupled_weight_decay;
  const auto update = [&]<class T>(T) {
    return NAdamUpdate<T>{.beta1 = static_cast<T>(options_.beta1),
                          .new1 = static_cast<T>(1 - options_.beta1),
                          .beta2 = static_cast<T>(options_.beta2),
                          .new2 = static_cast<T>(1 - options_.beta2),
                          .keep = static_cast<T>(decoupled ? 1 - rate(i) * weight_decay(i) : 1),
                          .of_moment = static_cast<T>(of_moment),
                          .of_gradient = static_cast<T>(of_gradient),
                          .root = static_cast<T>(root),
                          .epsilon = static_cast<T>(options_.epsilon),
                          .descent = {options_.maximize, decoupled ? 0 : weight_decay(i)}};
  };
  update_elements(name(), parameter, update, moments.first, moments.second);
}

void NAdam::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  Moments& moments = moments_[i];
  visitor.counter(prefix + "steps", moments.steps);
  visitor.number(prefix + "product", moments.product);
  visitor.tensor(prefix + "first_moment", moments.first);
  visitor.tensor(prefix + "second_moment", moments.second);
}

}  // namespace gibbs::optim
