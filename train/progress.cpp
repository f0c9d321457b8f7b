#include "gibbs/train/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "gibbs/train/detail/terminal.h"

namespace gibbs::train {
namespace {

using Parts = std::vector<std::string>;

constexpr std::size_t kLongestBar = 30, kShortestBar = 10;
constexpr std::string_view kBetween = " - ";
constexpr auto kRedrawInterval = std::chrono::milliseconds(100);

double seconds(std::chrono::steady_clock::duration time) { return std::chrono::duration<double>(time).count(); }

/// "[==========>.........]": `done` of `all` steps.
std::string bar(std::int64_t done, std::int64_t all, std::size_t width) {
  const auto filled = static_cast<std::size_t>(static_cast<std::int64_t>(width) * done / all);
  std::string text(filled, '=');
  if (filled < width) {
    text += '>';
    text.resize(width, '.');
  }
  return "[" + text + "]";
}

/// "7/10 [=====>..] - part - part" in at most `room` columns: a shorter bar or none, then fewer parts.
std::string bar_line(std::int64_t done, std::int64_t all, Parts parts, std::size_t room) {
  const std::string steps = fmt::format("{}/{}", done, all);
  std::string text;
  do {
    text = fmt::format("{}{}", parts.empty() ? "" : kBetween, fmt::join(parts, kBetween));
    if (!parts.empty()) {
      parts.pop_back();
    }
  } while (steps.size() + text.size() > room && !text.empty());
  const std::size_t taken = steps.size() + text.size() + std::string_view(" []").size();
  const bool has_bar = taken + kShortestBar <= room;
  return has_bar ? steps + " " + bar(done, all, std::min(kLongestBar, room - taken)) + text
                 : (steps + text).substr(0, room);
}

/// The parts in lines of at most `room` columns, each behind two blanks.
std::string indented_lines(const Parts& parts, std::size_t room) {
  std::string text, line;
  for (const std::string& part : parts) {
    if (!line.empty() && line.size() + kBetween.size() + part.size() > room) {
      text += line + '\n';
      line.clear();
    }
    line += std::string(line.empty() ? "  " : kBetween) + part;
  }
  return text + line + '\n';
}

/// "7s", "2:05", "1:00:00".
std::string duration(double s) {
  const auto total = static_cast<std::int64_t>(std::ceil(s));
  if (total >= 3600) {
    return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  }
  return total >= 60 ? fmt::format("{}:{:02}", total / 60, total % 60) : fmt::format("{}s", total);
}

/// "name: 0.1234" for each, without those that were not measured.
Parts described(const NamedNumbers& numbers) {
  Parts parts;
  for (const auto& [name, value] : numbers) {
    if (!std::isnan(value)) {
      parts.push_back(fmt::format("{}: {:.4f}", name, value));
    }
  }
  return parts;
}

/// A terminal may wrap already when its last column is written to.
std::size_t room_of(const std::ostream& out) { return static_cast<std::size_t>(terminal_columns(out) - 1); }

}  // namespace

Progress::Progress(std::ostream& out, ProgressStyle style, int epochs) : out_(out), style_(style), epochs_(epochs) {
  if (style_ == ProgressStyle::automatic) {
    style_ = is_terminal(out) ? ProgressStyle::bar : ProgressStyle::lines;
  }
}

void Progress::begin_epoch(int epoch, std::int64_t steps) {
  epoch_ = epoch;
  steps_ = steps;
  first_step_ = -1;
  drawn_columns_ = 0;
  began_ = drawn_ = Clock::now();
  if (style_ == ProgressStyle::bar) {
    out_ << fmt::format("Epoch {}/{}\n", epoch_, epochs_) << std::flush;
  }
}

void Progress::step(std::int64_t step, const NamedNumbers& running) {
  if (first_step_ < 0) {
    first_step_ = step - 1;  // a resumed epoch begins in its middle
  }
  const auto now = Clock::now();
  if (style_ != ProgressStyle::bar || (now - drawn_ < kRedrawInterval && step < steps_)) {
    return;
  }
  drawn_ = now;
  const double per_step = seconds(now - began_) / static_cast<double>(step - first_step_);
  const std::string left = duration(per_step * static_cast<double>(steps_ - step));
  Parts parts = described(running);
  parts.insert(parts.begin(), "ETA: " + left);
  redraw(bar_line(step, steps_, std::move(parts), room_of(out_)));
  out_ << std::flush;
}

void Progress::end_epoch(const EpochResult& result) {
  const std::string timing =
      fmt::format("{:.1f}s {:.1f}ms/step", result.seconds, 1e3 * result.seconds / static_cast<double>(steps_));
  Parts parts = described(result.numbers);
  if (style_ == ProgressStyle::lines) {
    out_ << fmt::format("Epoch {}/{} - {} - {}\n", result.epoch, epochs_, timing, fmt::join(parts, kBetween));
  } else if (style_ == ProgressStyle::bar) {
    const std::size_t room = room_of(out_);
    const std::string below = indented_lines(parts, room);
    parts.insert(parts.begin(), timing);
    const std::string line = bar_line(steps_, steps_, parts, room);
    const bool holds_all = line.ends_with(parts.back());
    redraw(holds_all ? line : bar_line(steps_, steps_, {timing}, room));
    out_ << '\n' << (holds_all ? "" : below);
  }
  out_ << std::flush;
}

void Progress::redraw(std::string line) {
  const std::size_t columns = line.size();
  // Blanks over what is left of a longer line, unless the terminal has become too narrow for them.
  line.resize(std::max(columns, std::min(drawn_columns_, room_of(out_))), ' ');
  out_ << '\r' << line;
  drawn_columns_ = columns;
}

}  // namespace gibbs::train
