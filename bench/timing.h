// What every benchmark measures with: the time of a call, the median of many, and calls that warm up before they count.
// A median, because a machine that does something else for a moment makes some calls slower and none faster.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace gibbs::bench {

inline double milliseconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

inline double least(const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); }

struct RepeatOptions {
  int warmup = 5;      // calls that do not count
  int calls = 1;       // at least so many that do
  double seconds = 0;  // and at least so much time in them
};

/// The milliseconds of each call that counts.
inline std::vector<double> repeat(const std::function<void()>& work, const RepeatOptions& options) {
  for (int i = 0; i < options.warmup; ++i) {
    work();
  }
  std::vector<double> times;
  double total = 0;
  while (static_cast<int>(times.size()) < options.calls || total < 1e3 * options.seconds) {
    times.push_back(milliseconds(work));
    total += times.back();
  }
  return times;
}

}  // namespace gibbs::bench
