#include "gibbs/tensor/kernels/rows/labels.h"

#include <algorithm>
#include <atomic>

#include "gibbs/tensor/kernels/simd/prefetch.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels::rows {

bool all_are_classes(const Tensor& labels, std::int64_t classes, std::int64_t excluded) {
  const auto* y = labels.data<std::int64_t>();
  std::atomic<bool> all = true;
  parallel_for(0, labels.numel(), 1 << 16, [&, y, classes](std::int64_t first, std::int64_t last) {
    std::uint64_t largest = 0, excluded_rows = 0;  // a negative label becomes a large number
    const auto look_at = [&](std::int64_t n) {
      largest = std::max(largest, static_cast<std::uint64_t>(y[n]));
      excluded_rows += y[n] == excluded ? 1 : 0;
    };
    constexpr std::int64_t kLine = 8, kAhead = 64 * kLine;
    std::int64_t n = first;
    for (; n + kLine <= last; n += kLine) {
      prefetch</*to_write=*/false>(y + n + kAhead, kLine);
      for (std::int64_t i = 0; i < kLine; ++i) {
        look_at(n + i);
      }
    }
    for (; n < last; ++n) {
      look_at(n);
    }
    if (largest >= static_cast<std::uint64_t>(classes) || excluded_rows > 0) {
      all = false;
    }
  });
  return all;
}

}  // namespace gibbs::kernels::rows
