// Learning-rate schedules: functions from a count to a rate. Whether it counts epochs or steps is the caller's choice;
// the first is 0. They have no state, so a resumed run asks for the same count and gets the same rate;
// the one that looks at a run's results, train::ReduceLROnPlateau, is a callback.
//
//   const Schedule schedule = warm_up(5, cosine({.rate = 1e-3, .length = 95}));
//   const Schedule three = joined({constant(0.1), exponential({.rate = 0.1, .factor = 0.9}), constant(1e-3)}, {10,
//   40}); adam.set_learning_rate(schedule(epoch));                                   // in a loop of your own
//   train::LearningRateSchedule callback(schedule, {.per = train::Per::epoch}); // in train::fit
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace gibbs::optim {

using Schedule = std::function<double(std::int64_t count)>;

/// rate, always.
Schedule constant(double rate);

struct StepDecayOptions {
  double rate;
  double factor = 0.1;
  std::int64_t every;
};
/// rate factor^floor(count / every). PyTorch: StepLR. Keras: ExponentialDecay with staircase.
Schedule step_decay(const StepDecayOptions& options);

struct MultiStepOptions {
  double rate;
  double factor = 0.1;
  std::vector<std::int64_t> milestones;  // rising
};
/// rate factor^m after m of the milestones: at count = milestone the rate is lower already. PyTorch: MultiStepLR.
/// Keras: PiecewiseConstantDecay, which is lower one step after its boundaries.
Schedule multi_step(const MultiStepOptions& options);

struct ExponentialOptions {
  double rate;
  double factor;
  std::int64_t every = 1;
};
/// rate factor^(count / every). PyTorch: ExponentialLR. Keras: ExponentialDecay.
Schedule exponential(const ExponentialOptions& options);

struct PolynomialOptions {
  double rate;
  double final_rate = 0;
  double power = 1;
  std::int64_t length;
};
/// final + (rate - final) (1 - count / length)^power up to `length`, then `final_rate`: a line with power 1. PyTorch:
/// PolynomialLR, which ends at 0. Keras: PolynomialDecay.
Schedule polynomial(const PolynomialOptions& options);

struct CosineOptions {
  double rate;
  double final_rate = 0;
  std::int64_t length;
};
/// final + (rate - final) (1 + cos(pi count / length)) / 2 up to `length`, then `final_rate` (Loshchilov and Hutter
/// 2017). PyTorch: CosineAnnealingLR, which rises again after `length`. Keras: CosineDecay.
Schedule cosine(const CosineOptions& options);

struct CosineRestartsOptions {
  double rate;
  double final_rate = 0;
  std::int64_t length;      // of the first cycle
  std::int64_t growth = 1;  // each cycle is so many times as long as the one before
};
/// Cosines, one after the other, each from `rate` down (Loshchilov and Hutter 2017): final_rate itself is not reached.
/// PyTorch: CosineAnnealingWarmRestarts. Keras: CosineDecayRestarts, whose growth is 2 by default.
Schedule cosine_restarts(const CosineRestartsOptions& options);

struct OneCycleOptions {
  double rate;  // the largest
  std::int64_t length;
  double rise = 0.3;          // share of the length after which the largest rate is reached
  double start_divisor = 25;  // the first rate is rate / start_divisor
  double end_divisor = 1e4;   // the last one is the first / end_divisor
  bool linear = false;        // lines instead of halves of a cosine
  bool three_phases = false;  // back to the first rate in as many counts as the rise takes, and then down
};
/// Up to the largest rate and down to nearly nothing, which is reached at count = length - 1 and kept (Smith and Topin
/// 2018). PyTorch: OneCycleLR with cycle_momentum=False; its momentum falls while the rate rises unless it is told not
/// to, and here it stays. Keras has none.
Schedule one_cycle(const OneCycleOptions& options);

/// Rises along a line to the first rate of `then`, which it would reach at count = length; from there on
/// then(count - length). The first rate is 1 / (length + 1) of it, not 0, so that no step is lost.
Schedule warm_up(std::int64_t length, Schedule then);

/// The first part, from milestones[0] on the second, and so on; every part counts from 0. PyTorch: SequentialLR.
Schedule joined(std::vector<Schedule> parts, std::vector<std::int64_t> milestones);

}  // namespace gibbs::optim
