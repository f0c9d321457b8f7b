#include "gibbs/autograd/ops/linalg.h"

#include "gibbs/autograd/detail/activated_map.h"
#include "gibbs/autograd/ops/activations.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/profile.h"
#include "gibbs/autograd/record.h"

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
  const double flops = 2.0 * static_cast<double>(y.numel()) * static_cast<double>(x.size(1));
  count_flops(flops);
  if (activation == kernels::Activation::identity) {
    return record("dense", std::move(y), wrt(x, [w](const Variable& dy) { return matmul(dy, w, {.b = true}); }),
                  wrt(w, [x](const Variable& dy) { return matmul(x, dy, {.a = true}); }),
                  wrt(bias, [](const Variable& dy) { return sum(dy, {0}); }));
  }
  return detail::record_activated(
      {.op = "dense_activated",
       .dx =
           [flops](const Tensor& d, const Tensor& of_w) {
             count_flops(flops);
             return kernels::matmul(d, of_w, {.b = true});
           },
       .dw =
           [flops](const Tensor& of_x, const Tensor& d) {
             count_flops(flops);
             return kernels::matmul(of_x, d, {.a = true});
           },
       .rows = {0},
       .in_ops = [activation](const Variable& a, const Variable& b,
                              const Variable& c) { return activate(dense(a, b, c), activation); }},
      x, w, bias, y);
}

}  // namespace gibbs
