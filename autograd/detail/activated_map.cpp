#include "gibbs/autograd/detail/activated_map.h"

#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs {

Variable detail::record_activated(const ActivatedMap& map, const Variable& x, const Variable& w, const Variable& bias,
                                  const Tensor& y) {
  Variables inputs = {x, w};
  if (bias.defined()) {
    inputs.push_back(bias);
  }
  return fused(
      map.op, std::move(inputs), y,
      [map, y = saved(y)](const Variables& in, const Tensor& dy, const std::vector<bool>& wanted) {
        const Tensor d = kernels::relu_mask(dy, y.value());
        std::vector<Tensor> gradients = {wanted[0] ? map.dx(d, in[1].value()) : Tensor(),
                                         wanted[1] ? map.dw(in[0].value(), d) : Tensor()};
        if (in.size() > 2) {
          gradients.push_back(wanted[2] ? kernels::sum(d, map.rows) : Tensor());
        }
        return gradients;
      },
      [map](const Variables& in) { return map.in_ops(in[0], in[1], in.size() > 2 ? in[2] : Variable()); });
}

}  // namespace gibbs
