// One axis of a tensor singled out: x is [outer, length, inner], and its columns (fixed outer and inner place) are
// independent of each other. Kernels along an axis share the work out by blocks of neighbouring columns.
#pragma once

#include <algorithm>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/shape.h"

namespace gibbs::kernels {

struct AxisView {
  std::int64_t outer = 1, length = 1, inner = 1;

  /// `axis` is already normalized.
  AxisView(const Shape& shape, int axis)
      : outer(shape.sub(0, axis).numel()), length(shape[axis]), inner(shape.sub(axis + 1, shape.rank()).numel()) {}

  /// Position of the first element of column (o, k); the next are `inner` apart.
  std::int64_t at(std::int64_t o, std::int64_t k) const { return o * length * inner + k; }

  /// Calls body(o, first, last) for blocks of columns [first, last) of outer place o, in parallel. Together they
  /// cover every column once, and they depend on the shape alone.
  template <class Body>
  void for_each_block(Body body) const {
    constexpr std::int64_t kBlock = 64;       // neighbouring columns: a few cache lines of each row
    constexpr std::int64_t kGrain = 1 << 14;  // elements of a piece of work
    const std::int64_t blocks = (inner + kBlock - 1) / kBlock;
    const std::int64_t block_numel = std::max<std::int64_t>(1, length * std::min(kBlock, inner));
    parallel_for(0, outer * blocks, std::max<std::int64_t>(1, kGrain / block_numel),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const std::int64_t first = i % blocks * kBlock;
                     body(i / blocks, first, std::min(inner, first + kBlock));
                   }
                 });
  }
};

}  // namespace gibbs::kernels
