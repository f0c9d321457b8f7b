#include "gibbs/train/callback.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "gibbs/nn/clip_gradients.h"
#include "gibbs/nn/weights.h"
#include "gibbs/tensor/printable.h"
#include "gibbs/train/detail/monitored.h"
#include "gibbs/train/detail/save_path.h"

namespace gibbs::train {

void Callback::restore(const std::string& state) {
  check(state.empty(), "Callback: one that keeps no state cannot restore from '", printable(state),
        "'; give the callbacks that the interrupted run had, in its order");
}

ClipGradientNorm::ClipGradientNorm(double max_norm) : max_norm_(max_norm) {
  check(std::isfinite(max_norm) && max_norm > 0, "ClipGradientNorm: max_norm is ", max_norm,
        "; it must be finite and above 0");
}

void ClipGradientNorm::on_gradients(FitState& state) {
  nn::clip_gradient_norm(state.optimizer.parameters(), max_norm_);
}

RunSettings ClipGradientNorm::settings() const { return {{"largest gradient norm", fmt::format("{}", max_norm_)}}; }

ClipGradientValue::ClipGradientValue(double max_value) : max_value_(max_value) {
  check(std::isfinite(max_value) && max_value > 0, "ClipGradientValue: max_value is ", max_value,
        "; it must be finite and above 0");
}

void ClipGradientValue::on_gradients(FitState& state) {
  nn::clip_gradient_value(state.optimizer.parameters(), max_value_);
}

RunSettings ClipGradientValue::settings() const {
  return {{"largest gradient element", fmt::format("{}", max_value_)}};
}

EarlyStopping::EarlyStopping(const Options& options) : options_(options), best_(options.monitor.worst()) {
  check(options.patience >= 1, "EarlyStopping: patience must be at least 1, it is ", options.patience);
  check(std::isfinite(options.min_delta) && options.min_delta >= 0, "EarlyStopping: min_delta is ", options.min_delta,
        "; it must be finite and at least 0");
}

void EarlyStopping::on_fit_begin(FitState& state) {
  detail::check_monitor("EarlyStopping", options_.monitor, state);
  if (state.history.epochs.empty()) {
    best_ = options_.monitor.worst();
    epochs_without_ = 0;
  }
}

void EarlyStopping::on_epoch_end(FitState& state) {
  if (options_.monitor.needs_validation() && !state.validated) {
    return;
  }
  const double value = state.history.epochs.back()[options_.monitor.name];
  if (options_.monitor.improves(value, best_, options_.min_delta)) {
    best_ = value;
    epochs_without_ = 0;
  } else if (++epochs_without_ >= options_.patience) {
    const std::string number = options_.monitor.name;
    state.stop = true;
    state.stop_reason = fmt::format(
        "{} for {} epoch{}{}",
        std::isinf(best_) ? "no finite " + number : fmt::format("no improvement on {} {:.4f}", number, best_),
        epochs_without_, epochs_without_ == 1 ? "" : "s", std::isnan(value) ? "; " + number + " was NaN" : "");
  }
}

std::string EarlyStopping::saved_state() const {
  return detail::to_text("EarlyStopping", options_.monitor, {best_, {epochs_without_}});
}

void EarlyStopping::restore(const std::string& state) {
  const detail::MonitorRecord record = detail::from_text("EarlyStopping", options_.monitor, 1, state);
  best_ = record.best;
  epochs_without_ = record.counts[0];
}

BestWeights::BestWeights(Options options) : options_(std::move(options)), best_(options_.monitor.worst()) {
  check(!options_.path.empty(), "BestWeights: path is empty; name the file to save to");
}

void BestWeights::on_fit_begin(FitState& state) {
  detail::check_monitor("BestWeights", options_.monitor, state);
  check_save_path("BestWeights", options_.path);
  check(best_ == options_.monitor.worst() || std::filesystem::exists(options_.path),
        "BestWeights: the weights of the best epoch so far are not in ", options_.path.string(),
        "; put them back, or begin anew with a new BestWeights");
}

void BestWeights::on_epoch_end(FitState& state) {
  const double value = state.history.epochs.back()[options_.monitor.name];
  if (options_.monitor.improves(value, best_)) {
    best_ = value;
    const optim::EvaluationWeights averages(state.optimizer);
    nn::save_weights(state.model, options_.path);
  }
}

std::string BestWeights::saved_state() const { return detail::to_text("BestWeights", options_.monitor, {best_, {0}}); }

void BestWeights::restore(const std::string& state) {
  best_ = detail::from_text("BestWeights", options_.monitor, 1, state).best;
}

LearningRateSchedule::LearningRateSchedule(optim::Schedule rate, const Options& options)
    : rate_(std::move(rate)), options_(options) {
  check(static_cast<bool>(rate_), "LearningRateSchedule: there is no schedule; give one, such as optim::cosine(...)");
  check(options.per == Per::epoch || options.per == Per::step,
        "LearningRateSchedule: per is not given; say {.per = Per::epoch} or {.per = Per::step}");
}

void LearningRateSchedule::on_epoch_begin(FitState& state) {
  if (options_.per == Per::epoch) {
    set_rate(state, state.epoch - 1);
  }
}

void LearningRateSchedule::on_step_begin(FitState& state) {
  if (options_.per == Per::step) {
    set_rate(state, state.step);
  }
}

const char* LearningRateSchedule::unit() const { return options_.per == Per::epoch ? "epoch" : "step"; }

std::string LearningRateSchedule::saved_state() const {
  return last_ ? fmt::format("LearningRateSchedule {} {} {}", unit(), *last_, rate_(*last_)) : "LearningRateSchedule";
}

void LearningRateSchedule::restore(const std::string& state) {
  std::optional<std::int64_t> last;
  const std::string begins = fmt::format("LearningRateSchedule {} ", unit());
  if (std::int64_t count = 0; state.starts_with(begins)) {
    std::from_chars(state.data() + begins.size(), state.data() + state.size(), count);
    last = std::max<std::int64_t>(count, 0);
  }
  const std::optional<std::int64_t> before = std::exchange(last_, last);
  if (const std::string here = saved_state(); here != state) {
    last_ = before;
    fail("LearningRateSchedule: the last rate of the run was '", printable(state), "', and here it is '", here,
         "'; give the schedule that the interrupted run had");
  }
}

void LearningRateSchedule::set_rate(FitState& state, std::int64_t count) {
  const double rate = rate_(count);
  check(std::isfinite(rate) && rate >= 0, "LearningRateSchedule: the rate of ", unit(), " ", count, " is ", rate,
        "; it must be finite and at least 0 (the first count is 0)");
  state.optimizer.set_learning_rate(rate);
  last_ = count;
}

}  // namespace gibbs::train
