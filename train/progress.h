// Progress: a bar with ETA that redraws itself on a terminal, one plain line per epoch in a log.
//
// What is redrawn must stay on one line, or every redraw leaves a line behind. So nothing that is written to a terminal
// is wider than it: the bar shrinks, then parts of the text are left out while an epoch runs, and its results are
// continued on lines of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "gibbs/train/history.h"

namespace gibbs::train {

enum class ProgressStyle { automatic, bar, lines, silent };

class Progress {
 public:
  /// `automatic` draws a bar when `out` is standard output or standard error and that is a terminal
  /// (train/detail/terminal.h), else writes lines.
  Progress(std::ostream& out, ProgressStyle style, int epochs);

  void begin_epoch(int epoch, std::int64_t steps);
  /// Whether step() draws anything: in a log it does not, and nobody need ask metrics for their values.
  bool draws_steps() const { return style_ == ProgressStyle::bar; }
  /// After each step, with the running means of the epoch. Redraws at most ten times a second.
  void step(std::int64_t step, const NamedNumbers& running);
  void end_epoch(const EpochResult& result);

 private:
  using Clock = std::chrono::steady_clock;

  /// Writes over the line that was drawn last.
  void redraw(std::string line);

  std::ostream& out_;
  ProgressStyle style_;
  int epochs_;
  int epoch_ = 0;
  std::int64_t steps_ = 0;
  std::int64_t first_step_ = -1;
  std::size_t drawn_columns_ = 0;
  Clock::time_point began_, drawn_;
};

}  // namespace gibbs::train
