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

Variable take_rows(const Variable& x, const Tensor& index) {
  const Shape from = x.shape();
  return linear_map(
      "take_rows", x, [i = saved(index)](const Tensor& t) { return kernels::take_rows(t, i.value()); },
      [from, i = saved(index)](const Tensor& t) { return kernels::add_rows(from[0], i.value(), t); });
}

Variable add_rows(std::int64_t rows, const Tensor& index, const Variable& source) {
  return linear_map(
      "add_rows", source, [rows, i = saved(index)](const Tensor& t) { return kernels::add_rows(rows, i.value(), t); },
      [i = saved(index)](const Tensor& t) { return kernels::take_rows(t, i.value()); });
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
