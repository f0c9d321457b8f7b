#include "gibbs/autograd/ops/linalg.h"

#include "gibbs/autograd/ops/activations.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/profile.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs {

Variable matmul(const Variable& a, const Variable& b, kernels::Transposed t) {
  Tensor c = kernels::matmul(a.value(), b.value(), t);
  count_flops(2.0 * static_cast<double>(c.numel()) * static_cast<double>(a.size(t.a ? -2 : -1)));
  return record(broadcasting("matmul"), std::move(c),
                wrt(a,
                    [b, t](const Variable& dc) {
                      return t.a ? matmul(b, dc, {.a = t.b, .b = true}) : matmul(dc, b, {.a = false, .b = !t.b});
                    }),
                wrt(b, [a, t](const Variable& dc) {
                  return t.b ? matmul(dc, a, {.a = true, .b = t.a}) : matmul(a, dc, {.a = !t.a, .b = false});
                }));
}

Variable dense(const Variable& x, const Variable& w, const Variable& bias, kernels::Activation activation) {
  if (!gradient_follows_from_value(activation) && may_be_differentiated({x, w, bias})) {
    return activate(dense(x, w, bias), activation);
  }
  Tensor y = kernels::dense(x.value(), w.value(), bias.value(), activation);
  count_flops(2.0 * static_cast<double>(y.numel()) * static_cast<double>(x.size(1)));
  if (activation == kernels::Activation::identity) {
    return record("dense", std::move(y), wrt(x, [w](const Variable& dy) { return matmul(dy, w, {.b = true}); }),
                  wrt(w, [x](const Variable& dy) { return matmul(x, dy, {.a = true}); }),
                  wrt(bias, [](const Variable& dy) { return sum(dy, {0}); }));
  }
  Variables inputs = {x, w};
  if (bias.defined()) {
    inputs.push_back(bias);
  }
  return fused(
      "dense_activated", inputs, y,
      [y = saved(y)](const Variables& in, const Tensor& dy, const std::vector<bool>& wanted) {
        const Tensor d = kernels::relu_mask(dy, y.value());
        count_flops(2.0 * static_cast<double>(d.numel() * in[0].size(1)) * (wanted[0] + wanted[1]));
        std::vector<Tensor> gradients = {wanted[0] ? kernels::matmul(d, in[1].value(), {.b = true}) : Tensor(),
                                         wanted[1] ? kernels::matmul(in[0].value(), d, {.a = true}) : Tensor()};
        if (in.size() > 2) {
          gradients.push_back(wanted[2] ? kernels::sum(d, {0}) : Tensor());
        }
        return gradients;
      },
      [activation](const Variables& in) {
        return activate(dense(in[0], in[1], in.size() > 2 ? in[2] : Variable()), activation);
      });
}

}  // namespace gibbs
