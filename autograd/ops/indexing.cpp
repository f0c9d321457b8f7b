#include "gibbs/autograd/ops/indexing.h"

#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/kernels/ordering.h"

namespace gibbs {

Variable gather(const Variable& x, int axis, const Tensor& index) {
  const Shape from = x.shape();
  return linear_map(
      "gather", x, [axis, i = saved(index)](const Tensor& t) { return kernels::gather(t, axis, i.value()); },
      [from, axis, i = saved(index)](const Tensor& t) { return kernels::scatter_add(from, axis, i.value(), t); });
}

Variable scatter_add(const Shape& shape, int axis, const Tensor& index, const Variable& source) {
  return linear_map(
      "scatter_add", source,
      [shape, axis, i = saved(index)](const Tensor& t) { return kernels::scatter_add(shape, axis, i.value(), t); },
      [axis, i = saved(index)](const Tensor& t) { return kernels::gather(t, axis, i.value()); });
}

SortedVariable sort(const Variable& x, int axis, bool descending) {
  const Tensor indices = kernels::sort(x.value(), axis, descending).indices;
  return {gather(x, axis, indices), indices};
}

SortedVariable topk(const Variable& x, std::int64_t k, int axis) {
  const Tensor indices = kernels::topk(x.value(), k, axis).indices;
  return {gather(x, axis, indices), indices};
}

}  // namespace gibbs
