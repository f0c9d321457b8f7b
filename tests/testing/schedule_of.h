// Schedules by their names and options in JSON, which have the names that they have here: for golden values, and for
// the comparison with PyTorch (bench/conformance).
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "gibbs/optim/schedule.h"

namespace gibbs::testing {

/// The schedule of this name: "cosine".
inline optim::Schedule schedule_of(const std::string& name, const nlohmann::json& o) {
  using namespace optim;  // NOLINT: a list of its names
  const double rate = o.at("rate"), final_rate = o.value("final_rate", 0.0), factor = o.value("factor", 0.1);
  const std::int64_t length = o.value("length", 50), every = o.value("every", 1);
  const std::map<std::string, std::function<Schedule()>> all = {
      {"constant", [&] { return constant(rate); }},
      {"step_decay", [&] { return step_decay({.rate = rate, .factor = factor, .every = every}); }},
      {"multi_step", [&] { return multi_step({.rate = rate, .factor = factor, .milestones = o.at("milestones")}); }},
      {"exponential", [&] { return exponential({.rate = rate, .factor = factor, .every = every}); }},
      {"polynomial",
       [&] {
         return polynomial({.rate = rate, .final_rate = final_rate, .power = o.value("power", 1.0), .length = length});
       }},
      {"cosine", [&] { return cosine({.rate = rate, .final_rate = final_rate, .length = length}); }},
      {"cosine_restarts",
       [&] {
         return cosine_restarts(
             {.rate = rate, .final_rate = final_rate, .length = length, .growth = o.value("growth", 1)});
       }},
      {"one_cycle",
       [&] {
         OneCycleOptions options{.rate = rate, .length = length};
         options.rise = o.value("rise", options.rise);
         options.start_divisor = o.value("start_divisor", options.start_divisor);
         options.end_divisor = o.value("end_divisor", options.end_divisor);
         options.linear = o.value("linear", options.linear);
         options.three_phases = o.value("three_phases", options.three_phases);
         return one_cycle(options);
       }},
  };
  return all.at(name)();
}

}  // namespace gibbs::testing
