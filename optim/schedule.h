// Learning-rate schedules: functions from a count to a rate. Whether it counts epochs or steps is the caller's choice;
// the first is 0. Schedules have no state, so a resumed run asks for the same count and gets the same rate.
//
//   const Schedule schedule = warm_up(5, cosine({.rate = 1e-3, .length = 95}));
//   adam.set_learning_rate(schedule(epoch));                                   // in a loop of your own
//   train::LearningRateSchedule callback(schedule, {.per = train::Per::epoch}); // in train::fit
#pragma once

#include <cstdint>
#include <functional>

namespace gibbs::optim {

using Schedule = std::function<double(std::int64_t count)>;

/// rate, always.
Schedule constant(double rate);

struct StepDecayOptions {
  double rate;
  double factor = 0.1;
  std::int64_t every;
};
/// rate factor^floor(count / every).
Schedule step_decay(const StepDecayOptions& options);

struct CosineOptions {
  double rate;
  double final_rate = 0;
  std::int64_t length;
};
/// final + (rate - final) (1 + cos(pi count / length)) / 2 up to `length`, then `final_rate` (Loshchilov and Hutter
/// 2017).
Schedule cosine(const CosineOptions& options);

/// Rises along a line to the first rate of `then`, which it would reach at count = length; from there on
/// then(count - length). The first rate is 1 / (length + 1) of it, not 0, so that no step is lost.
Schedule warm_up(std::int64_t length, Schedule then);

}  // namespace gibbs::optim
