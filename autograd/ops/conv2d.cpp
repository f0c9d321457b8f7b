#include "gibbs/autograd/ops/conv2d.h"

#include "gibbs/autograd/profile.h"
#include "gibbs/autograd/record.h"

namespace gibbs {

using Geometry = kernels::Conv2dGeometry;

static Variable conv2d_with(const Variable& x, const Variable& w, const Geometry& g) {
  count_flops(g.flops());
  return record("conv2d", kernels::conv2d(x.value(), w.value(), g),
                wrt(x, [w, g](const Variable& dy) { return conv2d_dx(dy, w, g); }),
                wrt(w, [x, g](const Variable& dy) { return conv2d_dw(x, dy, g); }));
}

Variable conv2d(const Variable& x, const Variable& w, const kernels::Conv2dOptions& options) {
  return conv2d_with(x, w, Geometry::of(x.shape(), w.shape(), options));
}

Variable conv2d_dx(const Variable& dy, const Variable& w, const Geometry& g) {
  count_flops(g.flops());
  return record("conv2d_dx", kernels::conv2d_dx(dy.value(), w.value(), g),
                wrt(dy, [w, g](const Variable& ddx) { return conv2d_with(ddx, w, g); }),
                wrt(w, [dy, g](const Variable& ddx) { return conv2d_dw(ddx, dy, g); }));
}

Variable conv2d_dw(const Variable& x, const Variable& dy, const Geometry& g) {
  count_flops(g.flops());
  return record("conv2d_dw", kernels::conv2d_dw(x.value(), dy.value(), g),
                wrt(x, [dy, g](const Variable& ddw) { return conv2d_dx(dy, ddw, g); }),
                wrt(dy, [x, g](const Variable& ddw) { return conv2d_with(x, ddw, g); }));
}

}  // namespace gibbs
