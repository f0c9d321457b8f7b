// Which places of a pooling window ("taps") lie inside the image, decided in one place, and the loops that all pooling
// kernels share. A kernel says what one tap does, with a loop over channels that has no branches, so that all channels
// of a pixel are handled as vectors. Internal to pool2d.cpp and max_pool2d.cpp.
#pragma once

#include <algorithm>
#include <cstdint>

#include "gibbs/tensor/kernels/pool2d.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {

inline constexpr std::int64_t kPoolPieceElements = 1 << 15;  // input elements that a piece of a parallel loop looks at

/// Calls visit(tap, offset) for the taps of window (oy, ox) inside the image, in row-major order; `offset` leads from
/// the image's first element to the tap's first channel.
template <class Visit>
void for_each_tap(const Pool2dGeometry& g, std::int64_t oy, std::int64_t ox, Visit visit) {
  const Pool2dOptions& o = g.options;
  const std::int64_t top = oy * o.stride_h - o.pads.top, left = ox * o.stride_w - o.pads.left;
  const std::int64_t last_y = std::min(o.window_h, g.height - top), last_x = std::min(o.window_w, g.width - left);
  for (std::int64_t ky = std::max<std::int64_t>(0, -top); ky < last_y; ++ky) {
    for (std::int64_t kx = std::max<std::int64_t>(0, -left); kx < last_x; ++kx) {
      visit(ky * o.window_w + kx, ((top + ky) * g.width + left + kx) * g.channels);
    }
  }
}

/// Calls body(image, oy) for every line of the output, in parallel: for kernels that write outputs only.
template <class Body>
void for_each_line(const Pool2dGeometry& g, Body body) {
  const std::int64_t line = g.out_w * g.options.window_h * g.options.window_w * g.channels;
  parallel_for(0, g.images * g.out_h, kPoolPieceElements / std::max<std::int64_t>(line, 1),
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = first; i < last; ++i) {
                   body(i / g.out_h, i % g.out_h);
                 }
               });
}

/// Calls body(image) for every image, in parallel: for adjoints, since windows of one image may overlap.
template <class Body>
void for_each_image(const Pool2dGeometry& g, Body body) {
  const std::int64_t image = g.height * g.width * g.channels;
  parallel_for(0, g.images, kPoolPieceElements / std::max<std::int64_t>(image, 1),
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t n = first; n < last; ++n) {
                   body(n);
                 }
               });
}

inline void check_shape(const char* op, const char* name, const Tensor& x, const Shape& needed) {
  check(x.shape() == needed, op, ": ", name, " is ", x.shape(), ", the geometry needs ", needed);
}

}  // namespace gibbs::kernels
