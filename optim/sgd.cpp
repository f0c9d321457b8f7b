#include "gibbs/optim/sgd.h"

#include "gibbs/optim/detail/elementwise.h"
#include "gibbs/optim/detail/options.h"

namespace gibbs::optim {
namespace {

template <class T>
struct PlainUpdate {
  T rate;
  Descent<T> descent;

  void operator()(T& w, T g) const { w -= rate * descent(g, w); }
};

/// b = mu b + take g';   w -= rate (of_gradient g' + of_velocity b): one formula for both kinds of momentum.
template <class T>
struct MomentumUpdate {
  T rate, mu, take, of_gradient, of_velocity;
  Descent<T> descent;

  void operator()(T& w, T g, T& b) const {
    const T gradient = descent(g, w);
    b = mu * b + take * gradient;
    w -= rate * (of_gradient * gradient + of_velocity * b);
  }
};

}  // namespace

SGD::SGD(const Groups& groups, const SGDOptions& options)
    : Method("SGD", groups, options.learning_rate, options.weight_decay), options_(options) {
  detail::check_share("SGD", "momentum", options.momentum);
  check(options.dampening >= 0 && options.dampening <= 1, "SGD: dampening is ", options.dampening,
        "; it must be in [0, 1]");
  check(options.dampening == 0 || options.momentum > 0, "SGD: dampening needs a momentum above 0");
  check(!options.nesterov || options.momentum > 0, "SGD: nesterov needs a momentum above 0");
  check(!options.nesterov || options.dampening == 0, "SGD: nesterov goes without dampening; leave one of them out");
  for (std::size_t i = 0; options.momentum > 0 && i < parameters().size(); ++i) {
    velocity_.push_back(zeros_like_parameter(i));
  }
  steps_.resize(options.dampening > 0 ? parameters().size() : 0);
}

RunSettings SGD::settings() const {
  return detail::with(Optimizer::settings(), {{"momentum", detail::setting(options_.momentum)},
                                              {"dampening", detail::setting(options_.dampening)},
                                              {"nesterov", detail::setting(options_.nesterov)},
                                              {"maximize", detail::setting(options_.maximize)}});
}

void SGD::step_parameter(std::size_t i, Parameter& parameter) {
  if (velocity_.empty()) {
    const auto update = [&]<class T>(T) {
      return PlainUpdate<T>{static_cast<T>(rate(i)), {options_.maximize, weight_decay(i)}};
    };
    update_elements(name(), parameter, update);
    return;
  }
  const bool dampened = !steps_.empty() && steps_[i]++ > 0;
  const auto update = [&]<class T>(T) {
    return MomentumUpdate<T>{.rate = static_cast<T>(rate(i)),
                             .mu = static_cast<T>(options_.momentum),
                             .take = static_cast<T>(dampened ? 1 - options_.dampening : 1),
                             .of_gradient = options_.nesterov ? T{1} : T{0},
                             .of_velocity = options_.nesterov ? static_cast<T>(options_.momentum) : T{1},
                             .descent = {options_.maximize, weight_decay(i)}};
  };
  update_elements(name(), parameter, update, velocity_[i]);
}

void SGD::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  if (!steps_.empty()) {
    visitor.counter(prefix + "steps", steps_[i]);
  }
  if (!velocity_.empty()) {
    visitor.tensor(prefix + "velocity", velocity_[i]);
  }
}

}  // namespace gibbs::optim
