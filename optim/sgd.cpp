#include "gibbs/optim/sgd.h"

#include <fmt/format.h>

#include "gibbs/optim/detail/elementwise.h"

namespace gibbs::optim {
namespace {

template <class T>
void plain_step(T* __restrict w, const T* __restrict g, std::int64_t n, T rate, T decay) {
  for (std::int64_t i = 0; i < n; ++i) {
    w[i] -= rate * (g[i] + decay * w[i]);
  }
}

/// b = mu b + g';   w -= rate (of_gradient g' + of_velocity b): one loop for both kinds of momentum.
template <class T>
void momentum_step(T* __restrict w, T* __restrict b, const T* __restrict g, std::int64_t n, T rate, T decay, T mu,
                   bool nesterov) {
  const T of_gradient = nesterov ? T{1} : T{0}, of_velocity = nesterov ? mu : T{1};
  for (std::int64_t i = 0; i < n; ++i) {
    const T gradient = g[i] + decay * w[i];
    b[i] = mu * b[i] + gradient;
    w[i] -= rate * (of_gradient * gradient + of_velocity * b[i]);
  }
}

}  // namespace

SGD::SGD(const Groups& groups, const SGDOptions& options)
    : Method("SGD", groups, options.learning_rate, options.weight_decay), options_(options) {
  check(options.momentum >= 0 && options.momentum < 1, "SGD: momentum is ", options.momentum, "; it must be in [0, 1)");
  check(!options.nesterov || options.momentum > 0, "SGD: nesterov needs a momentum above 0");
  for (std::size_t i = 0; options.momentum > 0 && i < parameters().size(); ++i) {
    velocity_.push_back(zeros_like_parameter(i));
  }
}

RunSettings SGD::settings() const {
  RunSettings all = Optimizer::settings();
  all.emplace_back("momentum", fmt::format("{}", options_.momentum));
  all.emplace_back("nesterov", options_.nesterov ? "on" : "off");
  return all;
}

void SGD::step_parameter(std::size_t i, Parameter& parameter) {
  dispatch_floating(parameter.dtype(), name(), [&](auto zero) {
    using T = decltype(zero);
    const T of_step = static_cast<T>(rate(i)), decay = static_cast<T>(weight_decay(i));
    const T mu = static_cast<T>(options_.momentum);
    const T* g = parameter.gradient().data<T>();
    T* w = parameter.mutable_value().mutable_data<T>();
    T* b = velocity_.empty() ? nullptr : velocity_[i].mutable_data<T>();
    for_pieces(parameter.value().numel(), [&](std::int64_t first, std::int64_t last) {
      if (b == nullptr) {
        plain_step(w + first, g + first, last - first, of_step, decay);
      } else {
        momentum_step(w + first, b + first, g + first, last - first, of_step, decay, mu, options_.nesterov);
      }
    });
  });
}

void SGD::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  if (!velocity_.empty()) {
    visitor.tensor(prefix + "velocity", velocity_[i]);
  }
}

}  // namespace gibbs::optim
