#include "gibbs/optim/optimizer.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace gibbs::optim {
namespace {

double checked_rate(const char* name, double learning_rate) {
  check(std::isfinite(learning_rate) && learning_rate >= 0, name, ": learning_rate is ", learning_rate,
        "; it must be finite and at least 0");
  return learning_rate;
}

}  // namespace

Optimizer::Optimizer(const char* name, std::vector<Named<Parameter>> parameters, double learning_rate,
                     RunSettings options)
    : name_(name),
      parameters_(std::move(parameters)),
      learning_rate_(checked_rate(name, learning_rate)),
      first_learning_rate_(learning_rate),
      options_(std::move(options)) {
  for (const auto& [path, parameter] : parameters_) {
    check(parameter.defined(), name_, ": parameter '", path, "' has no value yet; construct it from a tensor");
    check(!parameter.is_pending(), name_, ": parameter '", path, "', ", parameter.dtype(), " ", parameter.shape(),
          ", has no numbers yet; call nn::initialize(model, seed) first");
    forms_.push_back({parameter.shape(), parameter.dtype()});
  }
}

void Optimizer::set_learning_rate(double learning_rate) { learning_rate_ = checked_rate(name_, learning_rate); }

void Optimizer::step() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto& [path, parameter] = parameters_[i];
    const Form& form = forms_[i];
    check(parameter.shape() == form.shape && parameter.dtype() == form.dtype, name_, ": parameter '", path, "' was ",
          form.dtype, " ", form.shape, " and is now ", parameter.dtype(), " ", parameter.shape(),
          "; make a new optimizer after replacing parameters");
  }
  ++steps_;
  take_step();
}

void Optimizer::clear_gradients() {
  for (auto& [path, parameter] : parameters_) {
    parameter.clear_gradient();
  }
}

void Optimizer::visit_state(StateVisitor& visitor) {
  visitor.counter("steps", steps_);
  visitor.number("learning_rate", learning_rate_);
}

RunSettings Optimizer::settings() const {
  RunSettings all = {{"optimizer", name_}, {"optimizer's learning rate", fmt::format("{}", first_learning_rate_)}};
  all.insert(all.end(), options_.begin(), options_.end());
  return all;
}

}  // namespace gibbs::optim
