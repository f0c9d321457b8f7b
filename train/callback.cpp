#include "gibbs/train/callback.h"

#include <fmt/format.h>

#include <charconv>
#include <tuple>
#include <utility>

#include "gibbs/nn/weights.h"

namespace gibbs::train {
namespace {

/// "BEST COUNT", with the shortest digits that read back to the same bits.
std::string to_state(double best, int count) { return fmt::format("{} {}", best, count); }

std::pair<double, int> from_state(const std::string& state, const char* callback) {
  double best = 0;
  int count = 0;
  const char* end = state.data() + state.size();
  const auto after_best = std::from_chars(state.data(), end, best);
  const bool has_count = after_best.ec == std::errc() && after_best.ptr != end && *after_best.ptr == ' ';
  const auto after_count = std::from_chars(has_count ? after_best.ptr + 1 : end, end, count);
  check(after_count.ec == std::errc() && after_count.ptr == end && count >= 0, callback, ": cannot restore from '",
        state, "'");
  return {best, count};
}

}  // namespace

EarlyStopping::EarlyStopping(const Options& options) : options_(options), best_(options.monitor.worst()) {
  check(options.patience >= 1, "EarlyStopping: patience must be at least 1, it is ", options.patience);
}

void EarlyStopping::on_epoch_end(FitState& state) {
  const double value = state.history.epochs.back().*options_.monitor.value;
  if (options_.monitor.improves(value, best_, options_.min_delta)) {
    best_ = value;
    epochs_without_ = 0;
  } else if (++epochs_without_ >= options_.patience) {
    state.stop = true;
    state.stop_reason = fmt::format("no improvement on {:.4f} for {} epochs", best_, epochs_without_);
  }
}

std::string EarlyStopping::saved_state() const { return to_state(best_, epochs_without_); }

void EarlyStopping::restore(const std::string& state) {
  std::tie(best_, epochs_without_) = from_state(state, "EarlyStopping");
}

BestWeights::BestWeights(Options options) : options_(std::move(options)), best_(options_.monitor.worst()) {}

void BestWeights::on_epoch_end(FitState& state) {
  const double value = state.history.epochs.back().*options_.monitor.value;
  if (options_.monitor.improves(value, best_)) {
    best_ = value;
    nn::save_weights(state.model, options_.path);
  }
}

std::string BestWeights::saved_state() const { return to_state(best_, 0); }

void BestWeights::restore(const std::string& state) { best_ = from_state(state, "BestWeights").first; }

}  // namespace gibbs::train
