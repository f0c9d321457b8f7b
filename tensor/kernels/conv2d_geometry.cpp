#include "gibbs/tensor/kernels/conv2d_geometry.h"

#include <algorithm>

#include "gibbs/tensor/error.h"

namespace gibbs::kernels {

Conv2dGeometry Conv2dGeometry::of(const Shape& x, const Shape& w, const Conv2dOptions& o) {
  check(x.rank() == 4, "conv2d: needs x [N, H, W, C], not ", x);
  check(w.rank() == 4, "conv2d: needs w [KH, KW, C/groups, O], not ", w);
  check(w[0] >= 1 && w[1] >= 1, "conv2d: kernel ", w[0], " x ", w[1], " must be at least 1 x 1");
  check(o.stride_h >= 1 && o.stride_w >= 1, "conv2d: stride ", o.stride_h, " x ", o.stride_w,
        " must be at least 1 x 1");
  check(o.dilation_h >= 1 && o.dilation_w >= 1, "conv2d: dilation ", o.dilation_h, " x ", o.dilation_w,
        " must be at least 1 x 1");
  const Pads& p = o.pads;
  check(std::min({p.top, p.bottom, p.left, p.right}) >= 0, "conv2d: pads (top ", p.top, ", bottom ", p.bottom,
        ", left ", p.left, ", right ", p.right, ") must be at least 0");
  check(o.groups >= 1, "conv2d: groups must be at least 1, not ", o.groups);
  check(x[3] == w[2] * o.groups, "conv2d: x ", x, " has ", x[3], " channels, w ", w, " with groups = ", o.groups,
        " takes ", w[2] * o.groups);
  check(w[3] % o.groups == 0, "conv2d: ", w[3], " filters cannot be shared among ", o.groups, " groups");
  const std::int64_t height = x[1] + p.top + p.bottom, width = x[2] + p.left + p.right;
  const std::int64_t reach_h = (w[0] - 1) * o.dilation_h + 1, reach_w = (w[1] - 1) * o.dilation_w + 1;
  check(reach_h <= height && reach_w <= width, "conv2d: the kernel reaches over ", reach_h, " x ", reach_w,
        ", the padded image is ", height, " x ", width, "; pad more or use a smaller kernel");
  return {.images = x[0],
          .height = x[1],
          .width = x[2],
          .channels = x[3],
          .kernel_h = w[0],
          .kernel_w = w[1],
          .filters = w[3],
          .out_h = (height - reach_h) / o.stride_h + 1,
          .out_w = (width - reach_w) / o.stride_w + 1,
          .options = o};
}

}  // namespace gibbs::kernels
