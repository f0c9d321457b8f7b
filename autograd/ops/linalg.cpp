#include "gibbs/autograd/ops/linalg.h"

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

Variable dense(const Variable& x, const Variable& w, const Variable& bias) {
  const auto dx = [w](const Variable& dy) { return matmul(dy, w, {.a = false, .b = true}); };
  const auto dw = [x](const Variable& dy) { return matmul(x, dy, {.a = true, .b = false}); };
  const auto dbias = [](const Variable& dy) { return sum(dy, {0}); };
  Tensor y = kernels::dense(x.value(), w.value(), bias.value());
  count_flops(2.0 * static_cast<double>(y.numel()) * static_cast<double>(x.size(1)));
  return record("dense", std::move(y), wrt(x, dx), wrt(w, dw), wrt(bias, dbias));
}

}  // namespace gibbs
