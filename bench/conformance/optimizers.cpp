// Optimizers over many steps, schedules, and clipping. Inputs of an optimizer are parameters; the option "steps" has,
// for each step, the learning rate and each parameter's gradient, null where it has none. Outputs are the parameters
// after every step.
#include "bench/conformance/table.h"
#include "gibbs/nn/clip_gradients.h"
#include "gibbs/optim/optim.h"

namespace gibbs::conformance {
namespace {

std::vector<Parameter> parameters_of(const Variables& x) {
  std::vector<Parameter> parameters;
  for (const Variable& value : x) {
    parameters.emplace_back(value.value().clone());
  }
  return parameters;
}

void set_gradients(std::vector<Parameter>& parameters, const json& gradients) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].clear_gradient();
    if (!gradients.at(i).is_null()) {
      parameters[i].set_gradient(tensor_from(gradients[i]));
    }
  }
}

/// Optimizer({parameters}, options(o)).
template <class Optimizer, class Options>
Function steps(Options options) {
  return entry([options](const Variables& x, const json& o) -> Variables {
    std::vector<Parameter> parameters = parameters_of(x);
    Optimizer optimizer(parameters, options(o));
    Variables trajectory;
    for (const json& step : o.at("steps")) {
      optimizer.set_learning_rate(step.at("rate"));
      set_gradients(parameters, step.at("gradients"));
      optimizer.step();
      for (const Parameter& parameter : parameters) {
        trajectory.emplace_back(parameter.value().clone());
      }
    }
    return trajectory;
  });
}

optim::EpsilonMode epsilon_mode(const json& o) {
  return flag(o, "keras") ? optim::EpsilonMode::keras : optim::EpsilonMode::bias_corrected;
}

/// The rates of the option "counts", after warming up when there is a "warm_up".
Variable rates(optim::Schedule schedule, const json& o) {
  if (o.contains("warm_up")) {
    schedule = optim::warm_up(o.at("warm_up"), schedule);
  }
  std::vector<double> result;
  for (const std::int64_t count : o.at("counts").get<std::vector<std::int64_t>>()) {
    result.push_back(schedule(count));
  }
  return Tensor::from(result, {static_cast<std::int64_t>(result.size())});
}

/// What clip(parameters, limit) makes of the option "gradients", and the norm that it returns.
template <class Clip>
Function clipping(Clip clip) {
  return entry([clip](const Variables& x, const json& o) -> Variables {
    std::vector<Parameter> parameters = parameters_of(x);
    set_gradients(parameters, o.at("gradients"));
    std::vector<Named<Parameter>> named;
    for (const Parameter& parameter : parameters) {
      named.push_back({std::to_string(named.size()), parameter});
    }
    Variables results = {Tensor::full({}, clip(named, o.at("limit")), DType::float64)};
    for (const Parameter& parameter : parameters) {
      if (parameter.gradient().defined()) {
        results.emplace_back(parameter.gradient());
      }
    }
    return results;
  });
}

}  // namespace

Table optimizer_table() {
  using namespace optim;  // NOLINT: the table is a list of its names
  return {
      {"optim::SGD", steps<SGD>([](const json& o) {
         return SGDOptions{
             .momentum = o.at("momentum"), .nesterov = flag(o, "nesterov"), .weight_decay = o.at("weight_decay")};
       })},
      {"optim::Adam", steps<Adam>([](const json& o) {
         return AdamOptions{.beta1 = o.at("beta1"),
                            .beta2 = o.at("beta2"),
                            .epsilon = o.at("epsilon"),
                            .epsilon_mode = epsilon_mode(o)};
       })},
      {"optim::AdamW", steps<AdamW>([](const json& o) {
         return AdamWOptions{.beta1 = o.at("beta1"),
                             .beta2 = o.at("beta2"),
                             .epsilon = o.at("epsilon"),
                             .epsilon_mode = epsilon_mode(o),
                             .weight_decay = o.at("weight_decay")};
       })},
      {"optim::constant", entry([](const Variables&, const json& o) { return rates(constant(o.at("rate")), o); })},
      {"optim::step_decay", entry([](const Variables&, const json& o) {
         return rates(step_decay({.rate = o.at("rate"), .factor = o.at("factor"), .every = o.at("every")}), o);
       })},
      {"optim::cosine", entry([](const Variables&, const json& o) {
         return rates(cosine({.rate = o.at("rate"), .final_rate = o.at("final_rate"), .length = o.at("length")}), o);
       })},
      {"nn::clip_gradient_norm",
       clipping([](const auto& parameters, double limit) { return nn::clip_gradient_norm(parameters, limit); })},
      {"nn::clip_gradient_value", clipping([](const auto& parameters, double limit) {
         nn::clip_gradient_value(parameters, limit);
         return 0.0;
       })},
  };
}

}  // namespace gibbs::conformance
