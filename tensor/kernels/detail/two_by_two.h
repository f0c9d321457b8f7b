// Pooling with windows of 2 x 2 by 2 and no padding, the common case: windows do not overlap, and an odd last line or
// column belongs to none. The loops over windows that max pooling and the fused block share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "gibbs/tensor/kernels/pool2d.h"

namespace gibbs::kernels {

inline bool is_two_by_two(const Pool2dOptions& o) {
  return o.window_h == 2 && o.window_w == 2 && o.stride_h == 2 && o.stride_w == 2 && o.pads.top == 0 &&
         o.pads.bottom == 0 && o.pads.left == 0 && o.pads.right == 0;
}

/// Calls visit(x, y) for every window of one image: where its upper left pixel and its result begin.
template <class Visit>
void for_each_two_by_two(const Pool2dGeometry& g, Visit visit) {
  std::int64_t y = 0;
  for (std::int64_t oy = 0; oy < g.out_h; ++oy) {
    std::int64_t x = 2 * oy * g.width * g.channels;
    for (std::int64_t ox = 0; ox < g.out_w; ++ox, x += 2 * g.channels, y += g.channels) {
      visit(x, y);
    }
  }
}

/// Zeros in the pixels of dx that belong to no window.
template <class T>
void clear_left_over(const Pool2dGeometry& g, T* dx) {
  const std::int64_t line = g.width * g.channels, used = 2 * g.out_w * g.channels;
  for (std::int64_t y = 0; y < 2 * g.out_h; ++y) {
    std::fill(dx + y * line + used, dx + (y + 1) * line, T{0});
  }
  std::fill(dx + 2 * g.out_h * line, dx + g.height * line, T{0});
}

}  // namespace gibbs::kernels
