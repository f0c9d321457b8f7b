#include "gibbs/optim/adagrad.h"

#include <cmath>

#include "gibbs/optim/detail/elementwise.h"
#include "gibbs/optim/detail/options.h"

namespace gibbs::optim {
namespace {

template <class T>
struct AdagradUpdate {
  T rate, epsilon;
  Descent<T> descent;

  void operator()(T& w, T g, T& s) const {
    const T gradient = descent(g, w);
    s += gradient * gradient;
    w -= rate * gradient / (std::sqrt(s) + epsilon);
  }
};

}  // namespace

Adagrad::Adagrad(const Groups& groups, const AdagradOptions& options)
    : Method("Adagrad", groups, options.learning_rate, options.weight_decay), options_(options) {
  detail::check_from_0("Adagrad", "lr_decay", options.lr_decay);
  detail::check_from_0("Adagrad", "initial_accumulator_value", options.initial_accumulator_value);
  detail::check_epsilon("Adagrad", options.epsilon, parameters());
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    sums_.push_back({.squares = zeros_like_parameter(i)});
    sums_[i].squares.fill(options.initial_accumulator_value);
  }
}

RunSettings Adagrad::settings() const {
  return detail::with(Optimizer::settings(),
                      {{"lr_decay", detail::setting(options_.lr_decay)},
                       {"initial_accumulator_value", detail::setting(options_.initial_accumulator_value)},
                       {"epsilon", detail::setting(options_.epsilon)},
                       {"maximize", detail::setting(options_.maximize)}});
}

void Adagrad::step_parameter(std::size_t i, Parameter& parameter) {
  auto& [squares, steps] = sums_[i];
  const double decayed = rate(i) / (1 + static_cast<double>(steps++) * options_.lr_decay);
  const auto update = [&]<class T>(T) {
    return AdagradUpdate<T>{.rate = static_cast<T>(decayed),
                            .epsilon = static_cast<T>(options_.epsilon),
                            .descent = {options_.maximize, weight_decay(i)}};
  };
  update_elements(name(), parameter, update, squares);
}

void Adagrad::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  visitor.counter(prefix + "steps", sums_[i].steps);
  visitor.tensor(prefix + "sum_of_squares", sums_[i].squares);
}

}  // namespace gibbs::optim
