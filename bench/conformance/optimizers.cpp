// Optimizers over many steps, schedules, and clipping. Inputs of an optimizer are parameters; the option "steps" has,
// for each step, the learning rate and each parameter's gradient, null where it has none. Outputs are the parameters
// after every step.
#include "bench/conformance/table.h"
#include "gibbs/nn/clip_gradients.h"
#include "gibbs/optim/optim.h"
#include "tests/testing/optimizer_of.h"
#include "tests/testing/schedule_of.h"

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

/// The optimizer of this name with these options.
Function steps(const char* name) {
  return entry([name](const Variables& x, const json& o) -> Variables {
    std::vector<Parameter> parameters = parameters_of(x);
    const auto optimizer = testing::optimizer_of(name, parameters, o);
    Variables trajectory;
    for (const json& step : o.at("steps")) {
      optimizer->set_learning_rate(step.at("rate"));
      set_gradients(parameters, step.at("gradients"));
      optimizer->step();
      for (const Parameter& parameter : parameters) {
        trajectory.emplace_back(parameter.value().clone());
      }
    }
    return trajectory;
  });
}

/// The rates of the option "counts", after warming up when there is a "warm_up".
Function rates(const char* name) {
  return entry([name](const Variables&, const json& o) {
    optim::Schedule schedule = testing::schedule_of(name, o);
    if (o.contains("warm_up")) {
      schedule = optim::warm_up(o.at("warm_up"), schedule);
    }
    std::vector<double> result;
    for (const std::int64_t count : o.at("counts").get<std::vector<std::int64_t>>()) {
      result.push_back(schedule(count));
    }
    return Variable(Tensor::from(result, {static_cast<std::int64_t>(result.size())}));
  });
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
  return {
      {"optim::SGD", steps("SGD")},
      {"optim::Adam", steps("Adam")},
      {"optim::AdamW", steps("AdamW")},
      {"optim::RMSprop", steps("RMSprop")},
      {"optim::Adagrad", steps("Adagrad")},
      {"optim::NAdam", steps("NAdam")},
      {"optim::constant", rates("constant")},
      {"optim::step_decay", rates("step_decay")},
      {"optim::multi_step", rates("multi_step")},
      {"optim::exponential", rates("exponential")},
      {"optim::polynomial", rates("polynomial")},
      {"optim::cosine", rates("cosine")},
      {"optim::cosine_restarts", rates("cosine_restarts")},
      {"nn::clip_gradient_norm",
       clipping([](const auto& parameters, double limit) { return nn::clip_gradient_norm(parameters, limit); })},
      {"nn::clip_gradient_value", clipping([](const auto& parameters, double limit) {
         nn::clip_gradient_value(parameters, limit);
         return 0.0;
       })},
  };
}

}  // namespace gibbs::conformance
