// Progress: a bar with ETA that redraws itself on a terminal, one plain line per epoch in a log.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

#include "gibbs/train/history.h"

namespace gibbs::train {

enum class ProgressStyle { automatic, bar, lines, silent };

class Progress {
 public:
  /// `automatic` draws a bar when standard output is a terminal, else writes lines.
  Progress(std::ostream& out, ProgressStyle style, int epochs);

  void begin_epoch(int epoch, std::int64_t steps);
  /// After each step, with the running means of the epoch. Redraws at most ten times a second.
  void step(std::int64_t step, double loss, double accuracy);
  void end_epoch(const EpochResult& result);

 private:
  using Clock = std::chrono::steady_clock;

  std::ostream& out_;
  ProgressStyle style_;
  int epochs_;
  int epoch_ = 0;
  std::int64_t steps_ = 0;
  std::int64_t first_step_ = -1;
  Clock::time_point began_, drawn_;
};

}  // namespace gibbs::train
