// A tensor in few words: its numbers when they are few, what they are like when they are many. For drawings and
// messages.
#pragma once

#include <cstdint>
#include <string>

#include "gibbs/tensor/tensor.h"

namespace gibbs {

struct Statistics {
  /// One pass in double. Of no elements: zeros.
  explicit Statistics(const Tensor& x);

  std::int64_t not_finite = 0;  // how many are NaN or infinite
  double mean = 0, rms = 0, least = 0, most = 0;
};

/// "3", "[1, 2]" or "[[1, 2], [3, 4]]", four digits each.
std::string written_out(const Tensor& x);

/// written_out(x) for at most so many elements; else "mean 0.5, from 0 to 1", "all 0", or "2 of 100 not finite".
std::string summarize(const Tensor& x, std::int64_t most_written_out = 4);

}  // namespace gibbs
