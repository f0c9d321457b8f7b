#include "gibbs/train/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

namespace gibbs::train {
namespace {

constexpr int kBarWidth = 30;
constexpr auto kRedrawInterval = std::chrono::milliseconds(100);

double seconds(std::chrono::steady_clock::duration time) { return std::chrono::duration<double>(time).count(); }

/// "[==========>.........]": `done` of `all` steps.
std::string bar(std::int64_t done, std::int64_t all) {
  const auto filled = static_cast<std::size_t>(kBarWidth * done / all);
  std::string text(filled, '=');
  if (filled < kBarWidth) {
    text += '>';
    text.resize(kBarWidth, '.');
  }
  return "[" + text + "]";
}

/// "7s", "2:05", "1:00:00".
std::string duration(double s) {
  const auto total = static_cast<std::int64_t>(std::ceil(s));
  if (total >= 3600) {
    return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  }
  return total >= 60 ? fmt::format("{}:{:02}", total / 60, total % 60) : fmt::format("{}s", total);
}

std::string results(const EpochResult& r) {
  std::string text = fmt::format("loss: {:.4f} - accuracy: {:.4f}", r.loss, r.accuracy);
  if (!std::isnan(r.val_loss)) {
    text += fmt::format(" - val_loss: {:.4f} - val_accuracy: {:.4f}", r.val_loss, r.val_accuracy);
  }
  return text;
}

}  // namespace

Progress::Progress(std::ostream& out, ProgressStyle style, int epochs) : out_(out), style_(style), epochs_(epochs) {
  if (style_ == ProgressStyle::automatic) {
    style_ = isatty(STDOUT_FILENO) != 0 ? ProgressStyle::bar : ProgressStyle::lines;
  }
}

void Progress::begin_epoch(int epoch, std::int64_t steps) {
  epoch_ = epoch;
  steps_ = steps;
  first_step_ = -1;
  began_ = drawn_ = Clock::now();
  if (style_ == ProgressStyle::bar) {
    out_ << fmt::format("Epoch {}/{}\n", epoch_, epochs_) << std::flush;
  }
}

void Progress::step(std::int64_t step, double loss, double accuracy) {
  if (first_step_ < 0) {
    first_step_ = step - 1;  // a resumed epoch begins in its middle
  }
  const auto now = Clock::now();
  if (style_ != ProgressStyle::bar || (now - drawn_ < kRedrawInterval && step < steps_)) {
    return;
  }
  drawn_ = now;
  const double per_step = seconds(now - began_) / static_cast<double>(step - first_step_);
  out_ << fmt::format("\r{}/{} {} - ETA: {} - loss: {:.4f} - accuracy: {:.4f}   ", step, steps_, bar(step, steps_),
                      duration(per_step * static_cast<double>(steps_ - step)), loss, accuracy)
       << std::flush;
}

void Progress::end_epoch(const EpochResult& result) {
  const std::string timing =
      fmt::format("{:.1f}s {:.1f}ms/step", result.seconds, 1e3 * result.seconds / static_cast<double>(steps_));
  if (style_ == ProgressStyle::bar) {
    out_ << fmt::format("\r{}/{} {} - {} - {}   \n", steps_, steps_, bar(steps_, steps_), timing, results(result))
         << std::flush;
  } else if (style_ == ProgressStyle::lines) {
    out_ << fmt::format("Epoch {}/{} - {} - {}\n", result.epoch, epochs_, timing, results(result)) << std::flush;
  }
}

}  // namespace gibbs::train
