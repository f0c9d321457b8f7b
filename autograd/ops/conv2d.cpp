#include "gibbs/autograd/ops/conv2d.h"

#include "gibbs/autograd/ops/activations.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/profile.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs {

using Geometry = kernels::Conv2dGeometry;
using kernels::Activation;

static Variable conv2d_with(const Variable& x, const Variable& w, const Geometry& g) {
  count_flops(g.flops());
  return record("conv2d", kernels::conv2d(x.value(), w.value(), g),
                wrt(x, [w, g](const Variable& dy) { return conv2d_dx(dy, w, g); }),
                wrt(w, [x, g](const Variable& dy) { return conv2d_dw(x, dy, g); }));
}

Variable conv2d(const Variable& x, const Variable& w, const kernels::Conv2dOptions& options) {
  return conv2d_with(x, w, Geometry::of(x.shape(), w.shape(), options));
}

Variable conv2d(const Variable& x, const Variable& w, const Variable& bias, const kernels::Conv2dOptions& options,
                Activation activation) {
  if (!gradient_follows_from_value(activation) && may_be_differentiated({x, w, bias})) {
    return activate(conv2d(x, w, bias, options), activation);
  }
  const Geometry g = Geometry::of(x.shape(), w.shape(), options);
  count_flops(g.flops());
  Tensor y = kernels::conv2d(x.value(), w.value(), g, {.shift = bias.value(), .activation = activation});
  if (activation == Activation::identity) {
    return record("conv2d", std::move(y), wrt(x, [w, g](const Variable& dy) { return conv2d_dx(dy, w, g); }),
                  wrt(w, [x, g](const Variable& dy) { return conv2d_dw(x, dy, g); }), wrt(bias, [](const Variable& dy) {
                    return sum(dy, {0, 1, 2});
                  }));
  }
  Variables inputs = {x, w};
  if (bias.defined()) {
    inputs.push_back(bias);
  }
  return fused(
      "conv2d_activated", inputs, y,
      [g, y = saved(y)](const Variables& in, const Tensor& dy, const std::vector<bool>& wanted) {
        count_flops(g.flops() * (wanted[0] + wanted[1]));
        const Tensor d = kernels::relu_mask(dy, y.value());
        std::vector<Tensor> gradients = {wanted[0] ? kernels::conv2d_dx(d, in[1].value(), g) : Tensor(),
                                         wanted[1] ? kernels::conv2d_dw(in[0].value(), d, g) : Tensor()};
        if (in.size() > 2) {
          gradients.push_back(wanted[2] ? kernels::sum(d, {0, 1, 2}) : Tensor());
        }
        return gradients;
      },
      [options, activation](const Variables& in) {
        return activate(conv2d(in[0], in[1], in.size() > 2 ? in[2] : Variable(), options), activation);
      });
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
