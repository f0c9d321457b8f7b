#include "gibbs/optim/optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "gibbs/autograd/profile.h"

namespace gibbs::optim {

Optimizer::Optimizer(const char* name, std::vector<Parameter> parameters, double learning_rate)
    : name_(name), first_learning_rate_(learning_rate) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    Parameter& parameter = parameters[i];
    check(parameter.defined(), name_, ": parameter ", i, " has no value yet; construct it from a tensor");
    check(!parameter.is_pending(), name_, ": parameter ", i, ", ", parameter.dtype(), " ", parameter.shape(),
          ", has no numbers yet; call nn::initialize(model, seed) first");
    const bool known = std::any_of(parameters_.begin(), parameters_.end(),
                                   [&](const Parameter& other) { return other.same_as(parameter); });
    if (!known) {
      forms_.push_back({parameter.shape(), parameter.dtype()});
      parameters_.push_back(std::move(parameter));
    }
  }
  check(!parameters_.empty(), name_, ": there are no parameters to optimize");
  set_learning_rate(learning_rate);
}

void Optimizer::set_learning_rate(double learning_rate) {
  check(std::isfinite(learning_rate) && learning_rate >= 0, name_, ": learning_rate is ", learning_rate,
        "; it must be finite and at least 0");
  learning_rate_ = learning_rate;
}

void Optimizer::step() {
  const ProfileSpan span("optimizer step", ProfileCategory::optimizer);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    const Form& form = forms_[i];
    check(parameter.shape() == form.shape && parameter.dtype() == form.dtype, name_, ": parameter ", i, " was ",
          form.dtype, " ", form.shape, " and is now ", parameter.dtype(), " ", parameter.shape(),
          "; make a new optimizer after replacing parameters");
  }
  ++steps_;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!parameters_[i].frozen() && parameters_[i].gradient().defined()) {
      step_parameter(i, parameters_[i]);
    }
  }
}

void Optimizer::clear_gradients() {
  for (Parameter& parameter : parameters_) {
    parameter.clear_gradient();
  }
}

void Optimizer::visit_state(StateVisitor& visitor) {
  visitor.counter("steps", steps_);
  visitor.number("learning_rate", learning_rate_);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    visit_parameter_state(i, std::to_string(i) + ".", visitor);
  }
}

RunSettings Optimizer::settings() const {
  return {{"optimizer", name_}, {"optimizer's learning rate", fmt::format("{}", first_learning_rate_)}};
}

Tensor Optimizer::zeros_like_parameter(std::size_t i) const { return Tensor::zeros(forms_[i].shape, forms_[i].dtype); }

}  // namespace gibbs::optim
