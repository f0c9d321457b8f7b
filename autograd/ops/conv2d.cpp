#include "gibbs/autograd/ops/conv2d.h"

#include "gibbs/autograd/detail/activated_map.h"
#include "gibbs/autograd/ops/activations.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/profile.h"
#include "gibbs/autograd/record.h"

namespace gibbs {

using Geometry = kernels::Conv2dGeometry;
using kernels::Activation;

static Variable conv2d_with(const Variable& x, const Variable& w, const Variable& bias, const Geometry& g) {
  count_flops(g.flops());
  return record("conv2d", kernels::conv2d(x.value(), w.value(), g, {.shift = bias.value()}),
                wrt(x, [w, g](const Variable& dy) { return conv2d_dx(dy, w, g); }),
                wrt(w, [x, g](const Variable& dy) { return conv2d_dw(x, dy, g); }), wrt(bias, [](const Variable& dy) {
                  return sum(dy, {0, 1, 2});
                }));
}

Variable conv2d(const Variable& x, const Variable& w, const kernels::Conv2dOptions& options) {
  return conv2d(x, w, {}, options);
}

Variable conv2d(const Variable& x, const Variable& w, const Variable& bias, const kernels::Conv2dOptions& options,
                Activation activation) {
  const Geometry g = Geometry::of(x.shape(), w.shape(), options);
  if (activation == Activation::identity) {
    return conv2d_with(x, w, bias, g);
  }
  if (!gradient_follows_from_value(activation) && may_be_differentiated({x, w, bias})) {
    return activate(conv2d_with(x, w, bias, g), activation);
  }
  count_flops(g.flops());
  return detail::record_activated(
      {.op = "conv2d_activated",
       .dx =
           [g](const Tensor& d, const Tensor& of_w) {
             count_flops(g.flops());
             return kernels::conv2d_dx(d, of_w, g);
           },
       .dw =
           [g](const Tensor& of_x, const Tensor& d) {
             count_flops(g.flops());
             return kernels::conv2d_dw(of_x, d, g);
           },
       .rows = {0, 1, 2},
       .in_ops = [g, activation](const Variable& a, const Variable& b,
                                 const Variable& c) { return activate(conv2d_with(a, b, c, g), activation); }},
      x, w, bias, kernels::conv2d(x.value(), w.value(), g, {.shift = bias.value(), .activation = activation}));
}

Variable conv2d_dx(const Variable& dy, const Variable& w, const Geometry& g) {
  count_flops(g.flops());
  return record("conv2d_dx", kernels::conv2d_dx(dy.value(), w.value(), g),
                wrt(dy, [w, g](const Variable& ddx) { return conv2d_with(ddx, w, {}, g); }),
                wrt(w, [dy, g](const Variable& ddx) { return conv2d_dw(ddx, dy, g); }));
}

Variable conv2d_dw(const Variable& x, const Variable& dy, const Geometry& g) {
  count_flops(g.flops());
  return record("conv2d_dw", kernels::conv2d_dw(x.value(), dy.value(), g),
                wrt(x, [dy, g](const Variable& ddw) { return conv2d_dx(dy, ddw, g); }),
                wrt(dy, [x, g](const Variable& ddw) { return conv2d_with(x, ddw, {}, g); }));
}

}  // namespace gibbs
