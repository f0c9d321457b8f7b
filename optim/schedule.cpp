#include "gibbs/optim/schedule.h"

#include <algorithm>
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

void check_milestones(const char* schedule, const std::vector<std::int64_t>& milestones) {
  std::int64_t before = 0;
  for (const std::int64_t milestone : milestones) {
    check(milestone > before, schedule, ": milestone ", milestone, " comes after ", before,
          "; they must rise, and begin at 1 or later");
    before = milestone;
  }
}

/// How many milestones have been reached.
std::size_t reached(const std::vector<std::int64_t>& milestones, std::int64_t count) {
  return static_cast<std::size_t>(std::ranges::upper_bound(milestones, count) - milestones.begin());
}

/// From one rate to another as part goes from 0 to 1.
double along_cosine(double from, double to, double part) {
  return to + (from - to) * (1 + portable::cos(std::numbers::pi * part)) / 2;
}

/// From one rate to another, up to a count that need not be whole.
struct Phase {
  double end, from, to;
};

std::vector<Phase> phases_of(const OneCycleOptions& options) {
  const double first = options.rate / options.start_divisor, last = first / options.end_divisor;
  const double rise = options.rise * static_cast<double>(options.length), end = static_cast<double>(options.length - 1);
  if (options.three_phases) {
    return {{rise - 1, first, options.rate}, {2 * rise - 2, options.rate, first}, {end, first, last}};
  }
  return {{rise - 1, first, options.rate}, {end, options.rate, last}};
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

Schedule multi_step(const MultiStepOptions& options) {
  check_rate("multi_step", "rate", options.rate);
  check_rate("multi_step", "factor", options.factor);
  check_milestones("multi_step", options.milestones);
  return counting("multi_step", [options](std::int64_t count) {
    return options.rate * portable::pow(options.factor, static_cast<double>(reached(options.milestones, count)));
  });
}

Schedule exponential(const ExponentialOptions& options) {
  check_rate("exponential", "rate", options.rate);
  check_rate("exponential", "factor", options.factor);
  check_length("exponential", "every", options.every);
  return counting("exponential", [options](std::int64_t count) {
    return options.rate *
           portable::pow(options.factor, static_cast<double>(count) / static_cast<double>(options.every));
  });
}

Schedule polynomial(const PolynomialOptions& options) {
  check_rate("polynomial", "rate", options.rate);
  check_rate("polynomial", "final_rate", options.final_rate);
  check_rate("polynomial", "power", options.power);
  check_length("polynomial", "length", options.length);
  return counting("polynomial", [options](std::int64_t count) {
    if (count >= options.length) {
      return options.final_rate;
    }
    const double left = 1 - static_cast<double>(count) / static_cast<double>(options.length);
    return options.final_rate + (options.rate - options.final_rate) * portable::pow(left, options.power);
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
    return along_cosine(options.rate, options.final_rate, part);
  });
}

Schedule cosine_restarts(const CosineRestartsOptions& options) {
  check_rate("cosine_restarts", "rate", options.rate);
  check_rate("cosine_restarts", "final_rate", options.final_rate);
  check_length("cosine_restarts", "length", options.length);
  check_length("cosine_restarts", "growth", options.growth);
  return counting("cosine_restarts", [options](std::int64_t count) {
    auto left = static_cast<double>(count), length = static_cast<double>(options.length);
    if (options.growth == 1) {
      left = std::fmod(left, length);
    }
    while (left >= length) {
      left -= length;
      length *= static_cast<double>(options.growth);
    }
    return along_cosine(options.rate, options.final_rate, left / length);
  });
}

Schedule one_cycle(const OneCycleOptions& options) {
  check_rate("one_cycle", "rate", options.rate);
  check_length("one_cycle", "length", options.length);
  const double most = options.three_phases ? 0.5 : 1;
  check(options.rise >= 0 && options.rise <= most, "one_cycle: rise is ", options.rise, "; it must be in [0, ", most,
        "]", options.three_phases ? ", since the second phase is as long" : "");
  for (const auto& [what, divisor] :
       {std::pair("start_divisor", options.start_divisor), std::pair("end_divisor", options.end_divisor)}) {
    check(std::isfinite(divisor) && divisor > 0, "one_cycle: ", what, " is ", divisor,
          "; it must be finite and above 0");
  }
  return counting("one_cycle", [options, phases = phases_of(options)](std::int64_t count) {
    const double place = std::min(static_cast<double>(count), static_cast<double>(options.length - 1));
    double begin = 0;
    std::size_t i = 0;
    while (i + 1 < phases.size() && place > phases[i].end) {
      begin = phases[i++].end;
    }
    const auto& [end, from, to] = phases[i];
    const double part = end > begin ? (place - begin) / (end - begin) : 1;
    return options.linear ? from + (to - from) * part : along_cosine(from, to, part);
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

Schedule joined(std::vector<Schedule> parts, std::vector<std::int64_t> milestones) {
  check(parts.size() == milestones.size() + 1, "joined: ", parts.size(),
        " schedules need one milestone less, received ", milestones.size());
  check(std::ranges::all_of(parts, [](const Schedule& part) { return static_cast<bool>(part); }),
        "joined: one of the schedules is empty");
  check_milestones("joined", milestones);
  return counting("joined", [parts = std::move(parts), milestones = std::move(milestones)](std::int64_t count) {
    const std::size_t k = reached(milestones, count);
    return parts[k](k == 0 ? count : count - milestones[k - 1]);
  });
}

}  // namespace gibbs::optim
