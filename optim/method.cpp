#include "gibbs/optim/method.h"

#include <cmath>

#include "gibbs/autograd/profile.h"
#include "gibbs/optim/detail/members.h"

namespace gibbs::optim {
namespace {

std::vector<Named<Parameter>> named(const std::vector<detail::Member>& members) {
  std::vector<Named<Parameter>> all;
  all.reserve(members.size());
  for (const detail::Member& member : members) {
    all.push_back(member.named);
  }
  return all;
}

void check_groups(const char* name, const std::vector<Group>& groups, bool knows_weight_decay) {
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto& [parameters, rate_scale, weight_decay] = groups[g];
    check(std::isfinite(rate_scale) && rate_scale >= 0, name, ": rate_scale of group ", g, " is ", rate_scale,
          "; it must be finite and at least 0");
    if (weight_decay) {
      check(knows_weight_decay, name, ": group ", g, " sets weight_decay, which ", name,
            " does not have; leave it out, or take AdamW or SGD");
      check(std::isfinite(*weight_decay) && *weight_decay >= 0, name, ": weight_decay of group ", g, " is ",
            *weight_decay, "; it must be finite and at least 0");
    }
  }
}

}  // namespace

Method::Method(const char* name, const Groups& groups, double learning_rate, std::optional<double> weight_decay)
    : Method(name, groups, detail::members_of(name, groups.list()), learning_rate, weight_decay) {}

Method::Method(const char* name, const Groups& groups, const std::vector<detail::Member>& members, double learning_rate,
               std::optional<double> weight_decay)
    : Optimizer(name, named(members), learning_rate, detail::settings_of(groups.list(), members, weight_decay)) {
  check(!weight_decay || (std::isfinite(*weight_decay) && *weight_decay >= 0), name, ": weight_decay is ",
        weight_decay.value_or(0), "; it must be finite and at least 0");
  check_groups(name, groups.list(), weight_decay.has_value());
  for (const detail::Member& member : members) {
    const Group& group = groups.list()[member.group];
    places_.push_back({group.rate_scale, group.weight_decay.value_or(weight_decay.value_or(0))});
  }
}

void Method::take_step() {
  const ProfileSpan span("optimizer step", ProfileCategory::optimizer);
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    Parameter parameter = parameters()[i].item;
    if (!parameter.frozen() && parameter.gradient().defined()) {
      step_parameter(i, parameter);
    }
  }
}

void Method::visit_state(StateVisitor& visitor) {
  Optimizer::visit_state(visitor);
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    visit_parameter_state(i, parameters()[i].path + ".", visitor);
  }
}

Tensor Method::zeros_like_parameter(std::size_t i) const {
  const Parameter& parameter = parameters()[i].item;
  return Tensor::zeros(parameter.shape(), parameter.dtype());
}

}  // namespace gibbs::optim
