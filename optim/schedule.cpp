#include "gibbs/optim/schedule.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "gibbs/tensor/error.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::optim {
namespace {

void check_rate(const char* schedule, const char* what, double rate) {
  check(std::isfinite(rate) && rate >= 0, schedule, ": ", what, " is ", rate, "; it must be finite and at least 0");
}

void check_length(const char* schedule, const char* what, std::int64_t length) {
  check(length >= 1, schedule, ": ", what, " is ", length, "; it must be at least 1");
}

/// The schedule with negative counts refused.
template <class Rate>
Schedule counting(const char* schedule, Rate rate) {
  return [schedule, rate = std::move(rate)](std::int64_t count) {
    check(count >= 0, schedule, ": count is ", count, "; it starts at 0");
    return rate(count);
  };
}

}  // namespace

Schedule constant(double rate) {
  check_rate("constant", "rate", rate);
  return counting("constant", [rate](std::int64_t) { return rate; });
}

Schedule step_decay(const StepDecayOptions& options) {
  check_rate("step_decay", "rate", options.rate);
  check_rate("step_decay", "factor", options.factor);
  check_length("step_decay", "every", options.every);
  return counting("step_decay", [options](std::int64_t count) {
    const std::int64_t steps_down = count / options.every;
    return options.rate * portable::pow(options.factor, static_cast<double>(steps_down));
  });
}

Schedule cosine(const CosineOptions& options) {
  check_rate("cosine", "rate", options.rate);
  check_rate("cosine", "final_rate", options.final_rate);
  check_length("cosine", "length", options.length);
  return counting("cosine", [options](std::int64_t count) {
    if (count >= options.length) {
      return options.final_rate;
    }
    const double part = static_cast<double>(count) / static_cast<double>(options.length);
    return options.final_rate + (options.rate - options.final_rate) * (1 + portable::cos(std::numbers::pi * part)) / 2;
  });
}

Schedule warm_up(std::int64_t length, Schedule then) {
  check_length("warm_up", "length", length);
  check(static_cast<bool>(then), "warm_up: there is no schedule to go on with");
  return counting("warm_up", [length, then = std::move(then)](std::int64_t count) {
    return count < length ? then(0) * static_cast<double>(count + 1) / static_cast<double>(length + 1)
                          : then(count - length);
  });
}

}  // namespace gibbs::optim
