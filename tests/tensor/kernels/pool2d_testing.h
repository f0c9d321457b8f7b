// Geometries for the tests of pooling, and the naive walk over everything that a window sees.
#pragma once

#include <cstdint>
#include <vector>

#include "gibbs/tensor/kernels/pool2d.h"

namespace gibbs::kernels {

struct PoolCase {
  Shape x;
  Pool2dOptions options;
};

inline std::vector<PoolCase> pool_cases() {
  return {{{3, 6, 8, 5}, {}},
          {{2, 7, 5, 16}, {}},
          {{5, 30, 30, 32}, {}},
          {{1, 2, 2, 1}, {}},
          {{2, 9, 7, 3}, {.window_h = 3, .window_w = 3, .stride_h = 2, .stride_w = 2}},
          {{2, 9, 7, 3}, {.window_h = 3, .window_w = 2, .stride_h = 1, .stride_w = 1, .pads = {2, 1, 0, 1}}},
          {{2, 8, 8, 4}, {.window_h = 2, .window_w = 2, .stride_h = 2, .stride_w = 2, .pads = {1, 1, 1, 1}}},
          {{1, 8, 9, 2}, {.window_h = 1, .window_w = 2, .stride_h = 3, .stride_w = 4}},
          {{2, 5, 4, 7}, {.window_h = 5, .window_w = 4, .stride_h = 1, .stride_w = 1}},
          {{2, 18, 17, 2}, {.window_h = 17, .window_w = 16, .stride_h = 1, .stride_w = 1}},
          {{0, 4, 4, 2}, {}},
          {{2, 4, 4, 0}, {}}};
}

/// Calls visit(flat output, flat input, tap) for everything that is inside both a window and the image, in order.
template <class Visit>
void naive_visit(const Pool2dGeometry& g, Visit visit) {
  const Pool2dOptions& o = g.options;
  for (std::int64_t n = 0; n < g.images; ++n)
    for (std::int64_t oy = 0; oy < g.out_h; ++oy)
      for (std::int64_t ox = 0; ox < g.out_w; ++ox)
        for (std::int64_t c = 0; c < g.channels; ++c)
          for (std::int64_t tap = 0; tap < o.window_h * o.window_w; ++tap) {
            const std::int64_t y = oy * o.stride_h - o.pads.top + tap / o.window_w;
            const std::int64_t x = ox * o.stride_w - o.pads.left + tap % o.window_w;
            if (y >= 0 && y < g.height && x >= 0 && x < g.width) {
              visit(((n * g.out_h + oy) * g.out_w + ox) * g.channels + c,
                    ((n * g.height + y) * g.width + x) * g.channels + c, tap);
            }
          }
}

}  // namespace gibbs::kernels
