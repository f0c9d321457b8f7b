#include "gibbs/optim/rmsprop.h"

#include <algorithm>
#include <cmath>

#include "gibbs/optim/detail/elementwise.h"
#include "gibbs/optim/detail/options.h"

namespace gibbs::optim {
namespace {

/// The velocity b is 0 before every step where there is no momentum, and so need not be kept.
template <class T>
struct RMSpropUpdate {
  T rate, alpha, rest, epsilon, mu;
  Descent<T> descent;

  void operator()(T& w, T g, T& v) const {
    T b = 0;
    (*this)(w, g, v, b);
  }
  void operator()(T& w, T g, T& v, T& b) const {
    const T gradient = descent(g, w);
    v = alpha * v + rest * gradient * gradient;
    step(w, b, gradient, v);
  }
  void operator()(T& w, T g, T& v, T& b, T& a) const {
    const T gradient = descent(g, w);
    v = alpha * v + rest * gradient * gradient;
    a = alpha * a + rest * gradient;
    step(w, b, gradient, std::max(v - a * a, T{0}));
  }

 private:
  void step(T& w, T& b, T gradient, T variance) const {
    b = mu * b + gradient / (std::sqrt(variance) + epsilon);
    w -= rate * b;
  }
};

}  // namespace

RMSprop::RMSprop(const Groups& groups, const RMSpropOptions& options)
    : Method("RMSprop", groups, options.learning_rate, options.weight_decay), options_(options) {
  detail::check_share("RMSprop", "alpha", options.alpha);
  detail::check_share("RMSprop", "momentum", options.momentum);
  detail::check_epsilon("RMSprop", options.epsilon, parameters());
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    Averages averages{.square = zeros_like_parameter(i), .velocity = {}, .gradient = {}};
    if (options.momentum > 0 || options.centered) {
      averages.velocity = zeros_like_parameter(i);
    }
    if (options.centered) {
      averages.gradient = zeros_like_parameter(i);
    }
    averages_.push_back(averages);
  }
}

RunSettings RMSprop::settings() const {
  return detail::with(Optimizer::settings(), {{"alpha", detail::setting(options_.alpha)},
                                              {"epsilon", detail::setting(options_.epsilon)},
                                              {"momentum", detail::setting(options_.momentum)},
                                              {"centered", detail::setting(options_.centered)},
                                              {"maximize", detail::setting(options_.maximize)}});
}

void RMSprop::step_parameter(std::size_t i, Parameter& parameter) {
  auto& [square, velocity, gradient] = averages_[i];
  const auto update = [&]<class T>(T) {
    return RMSpropUpdate<T>{.rate = static_cast<T>(rate(i)),
                            .alpha = static_cast<T>(options_.alpha),
                            .rest = static_cast<T>(1 - options_.alpha),
                            .epsilon = static_cast<T>(options_.epsilon),
                            .mu = static_cast<T>(options_.momentum),
                            .descent = {options_.maximize, weight_decay(i)}};
  };
  if (gradient.defined()) {
    update_elements(name(), parameter, update, square, velocity, gradient);
  } else if (velocity.defined()) {
    update_elements(name(), parameter, update, square, velocity);
  } else {
    update_elements(name(), parameter, update, square);
  }
}

void RMSprop::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  auto& [square, velocity, gradient] = averages_[i];
  visitor.tensor(prefix + "mean_square", square);
  if (velocity.defined()) {
    visitor.tensor(prefix + "velocity", velocity);
  }
  if (gradient.defined()) {
    visitor.tensor(prefix + "mean_gradient", gradient);
  }
}

}  // namespace gibbs::optim
