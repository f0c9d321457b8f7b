#include "gibbs/train/plateau.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gibbs/train/detail/monitored.h"

namespace gibbs::train {
namespace {

constexpr const char* kName = "ReduceLROnPlateau";

}  // namespace

ReduceLROnPlateau::ReduceLROnPlateau(const Options& options) : options_(options), best_(options.monitor.worst()) {
  check(options.factor >= 0 && options.factor < 1, kName, ": factor is ", options.factor, "; it must be in [0, 1)");
  check(options.patience >= 1, kName, ": patience must be at least 1, it is ", options.patience);
  check(options.cooldown >= 0, kName, ": cooldown must be at least 0, it is ", options.cooldown);
  for (const auto& [what, number] : {std::pair("min_delta", options.min_delta), std::pair("min_rate", options.min_rate),
                                     std::pair("least_change", options.least_change)}) {
    check(std::isfinite(number) && number >= 0, kName, ": ", what, " is ", number,
          "; it must be finite and at least 0");
  }
}

void ReduceLROnPlateau::on_fit_begin(FitState& state) {
  detail::check_monitor(kName, options_.monitor, state);
  if (state.history.epochs.empty()) {
    best_ = options_.monitor.worst();
    epochs_without_ = cooldown_left_ = 0;
  }
}

bool ReduceLROnPlateau::improves(double value) const {
  const double delta = options_.relative ? options_.min_delta * std::abs(best_) : options_.min_delta;
  return options_.monitor.improves(value, best_, std::isfinite(delta) ? delta : 0);
}

void ReduceLROnPlateau::on_epoch_end(FitState& state) {
  if (options_.monitor.needs_validation() && !state.validated) {
    return;
  }
  const double value = state.history.epochs.back()[options_.monitor.name];
  if (improves(value)) {
    best_ = value;
    epochs_without_ = 0;
  } else {
    ++epochs_without_;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    epochs_without_ = 0;
  }
  if (epochs_without_ >= options_.patience) {
    const double rate = state.optimizer.learning_rate(), reduced = std::max(rate * options_.factor, options_.min_rate);
    if (rate - reduced > options_.least_change) {
      state.optimizer.set_learning_rate(reduced);
    }
    cooldown_left_ = options_.cooldown;
    epochs_without_ = 0;
  }
}

RunSettings ReduceLROnPlateau::settings() const {
  const Options& o = options_;
  return {{"plateau", fmt::format("of {}: factor {}, patience {}, min_delta {}{}, cooldown {}, min_rate {}, "
                                  "least_change {}",
                                  o.monitor.name, o.factor, o.patience, o.min_delta, o.relative ? " of the best" : "",
                                  o.cooldown, o.min_rate, o.least_change)}};
}

std::string ReduceLROnPlateau::saved_state() const {
  return detail::to_text(kName, options_.monitor, {best_, {epochs_without_, cooldown_left_}});
}

void ReduceLROnPlateau::restore(const std::string& state) {
  const detail::MonitorRecord record = detail::from_text(kName, options_.monitor, 2, state);
  best_ = record.best;
  epochs_without_ = record.counts[0];
  cooldown_left_ = record.counts[1];
}

}  // namespace gibbs::train
