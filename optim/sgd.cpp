#include "gibbs/optim/sgd.h"

#include <cmath>
#include <utility>

#include "gibbs/optim/elementwise.h"

namespace gibbs::optim {
namespace {

struct Coefficients {
  double rate, decay, momentum;
  bool nesterov;
};

template <class T>
void plain_step(T* __restrict w, const T* __restrict g, std::int64_t n, const Coefficients& c) {
  const T rate = static_cast<T>(c.rate), decay = static_cast<T>(c.decay);
  for_pieces(n, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      w[i] -= rate * (g[i] + decay * w[i]);
    }
  });
}

template <class T>
void momentum_step(T* __restrict w, T* __restrict b, const T* __restrict g, std::int64_t n, const Coefficients& c) {
  const T rate = static_cast<T>(c.rate), decay = static_cast<T>(c.decay), mu = static_cast<T>(c.momentum);
  // w -= rate (of_gradient g' + of_velocity b): one loop for both variants.
  const T of_gradient = static_cast<T>(c.nesterov ? 1 : 0), of_velocity = c.nesterov ? mu : T{1};
  for_pieces(n, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const T gradient = g[i] + decay * w[i];
      b[i] = mu * b[i] + gradient;
      w[i] -= rate * (of_gradient * gradient + of_velocity * b[i]);
    }
  });
}

}  // namespace

SGD::SGD(std::vector<Parameter> parameters, const SGDOptions& options)
    : Optimizer("SGD", std::move(parameters), options.learning_rate), options_(options) {
  check(options.momentum >= 0 && options.momentum < 1, "SGD: momentum is ", options.momentum, "; it must be in [0, 1)");
  check(std::isfinite(options.weight_decay) && options.weight_decay >= 0, "SGD: weight_decay is ", options.weight_decay,
        "; it must be finite and at least 0");
  check(!options.nesterov || options.momentum > 0, "SGD: nesterov needs a momentum above 0");
  for (std::size_t i = 0; options.momentum > 0 && i < this->parameters().size(); ++i) {
    velocity_.push_back(zeros_like_parameter(i));
  }
}

void SGD::step_parameter(std::size_t i, Parameter& parameter) {
  const Coefficients c = {learning_rate(), options_.weight_decay, options_.momentum, options_.nesterov};
  dispatch_floating(parameter.dtype(), name(), [&](auto zero) {
    using T = decltype(zero);
    const T* g = parameter.gradient().data<T>();
    const std::int64_t n = parameter.value().numel();
    T* w = parameter.mutable_value().mutable_data<T>();
    if (velocity_.empty()) {
      plain_step(w, g, n, c);
    } else {
      momentum_step(w, velocity_[i].mutable_data<T>(), g, n, c);
    }
  });
}

void SGD::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  if (!velocity_.empty()) {
    visitor.tensor(prefix + "velocity", velocity_[i]);
  }
}

}  // namespace gibbs::optim
