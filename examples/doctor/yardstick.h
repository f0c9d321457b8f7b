// What work is judged by: how fast this machine could do it, measured in the same run, by loops that are as simple as
// can be. Neither the library's kernels nor a BLAS have a part in it, so that nothing slow can make a step look good.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs::examples {

/// Seconds that work takes.
double seconds(const std::function<void()>& work);

/// A GFLOP/s: independent chains of fused multiply-adds in registers, in the widest vectors that the CPU has, whatever
/// the program was compiled for; on all threads that loops use.
double multiply_add_rate();

/// Memory's GB/s, read and written: 1 is added to every number of 256 MB, which is more than caches hold.
class MemoryStream {
 public:
  double rate();

 private:
  Tensor numbers_ = Tensor::zeros({64 << 20});
};

/// What must be done: floating-point operations, a multiply-add as two, and bytes that memory reads or writes.
struct Work {
  double flop = 0, bytes = 0;
};

/// One training step of the article's network, counted as if nothing were saved: neither multiplications by Winograd's
/// method, nor trips to memory by caches.
Work article_step(std::int64_t images);

/// A step beside the machine's peaks, all medians.
struct Judgement {
  std::vector<double> times;                // of the steps, in milliseconds
  double step_ms = 0;                       // their median
  double gflop_per_s = 0, gb_per_s = 0;     // the peaks
  double arithmetic_ms = 0, memory_ms = 0;  // what the work would take at each
  double ideal_ms() const { return arithmetic_ms > memory_ms ? arithmetic_ms : memory_ms; }
  double efficiency() const { return ideal_ms() / step_ms; }
};

/// Runs `step` so many times, and measures the peaks in between, in turn: what else the machine does slows all of them.
/// `step` should have run before.
Judgement judge(const Work& work, int steps, const std::function<void()>& step);

/// With less than this something is wrong. On two threads 0.8 to 1.2 was seen, on idle machines and on busy ones: more
/// than 1 since Winograd's method saves multiplications.
inline constexpr double kLeastEfficiency = 0.4;

}  // namespace gibbs::examples
