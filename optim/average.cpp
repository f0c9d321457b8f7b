#include "gibbs/optim/average.h"

#include <utility>

#include "gibbs/optim/detail/elementwise.h"

namespace gibbs::optim {

Average::Average(const char* name, Optimizer& inner, RunSettings options)
    : Optimizer(name, inner.parameters(), inner.first_learning_rate(), std::move(options)), inner_(inner) {
  Optimizer::set_learning_rate(inner.learning_rate());
  for (const auto& [path, parameter] : parameters()) {
    averages_.push_back(parameter.value().clone());
  }
}

void Average::set_learning_rate(double learning_rate) {
  inner_.set_learning_rate(learning_rate);
  Optimizer::set_learning_rate(learning_rate);
}

void Average::take_step() {
  check(evaluations_ == 0, name(), ": a step within EvaluationWeights would change the averages; end its scope before");
  for (std::size_t i = 0; steps() == 1 && i < averages_.size(); ++i) {
    averages_[i].copy_from(parameters()[i].item.value());  // weights may have been loaded since this was made
  }
  inner_.step();
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    Parameter parameter = parameters()[i].item;
    learn(parameter, averages_[i]);
  }
}

void Average::move(Tensor& average, const Tensor& value, double share) {
  dispatch_floating(value.dtype(), "Average", [&](auto zero) {
    using T = decltype(zero);
    T* to = average.mutable_data<T>();
    const T* from = value.data<T>();
    const T part = static_cast<T>(share);
    for_pieces(value.numel(), [=](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        to[i] += part * (from[i] - to[i]);
      }
    });
  });
}

void Average::exchange() {
  for (std::size_t i = 0; steps() > 0 && i < averages_.size(); ++i) {
    Parameter parameter = parameters()[i].item;
    std::swap(parameter.mutable_value(), averages_[i]);
  }
}

void Average::begin_evaluation() {
  if (evaluations_++ == 0) {
    exchange();
  }
}

void Average::end_evaluation() {
  if (--evaluations_ == 0) {
    exchange();
  }
}

void Average::visit_state(StateVisitor& visitor) {
  check(evaluations_ == 0, name(), ": its state within EvaluationWeights would be that of the averages; end its scope ",
        "before saving or loading");
  Optimizer::visit_state(visitor);
  PrefixedVisitor prefixed("inner/", visitor);
  inner_.visit_state(prefixed);
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    visitor.tensor(parameters()[i].path + ".average", averages_[i]);
  }
}

RunSettings Average::settings() const {
  RunSettings all = Optimizer::settings();
  for (auto& [name, value] : inner_.settings()) {
    all.emplace_back("inner/" + name, value);
  }
  return all;
}

}  // namespace gibbs::optim
