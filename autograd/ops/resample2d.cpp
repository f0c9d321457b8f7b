#include "gibbs/autograd/ops/resample2d.h"

#include "gibbs/autograd/record.h"

namespace gibbs {

Variable resample2d(const Variable& x, const kernels::AxisWeights& rows, const kernels::AxisWeights& columns) {
  return linear_map(
      "resample2d", x, [rows, columns](const Tensor& t) { return kernels::resample2d(t, rows, columns); },
      [rows, columns](const Tensor& t) { return kernels::resample2d(t, rows.transposed(), columns.transposed()); });
}

}  // namespace gibbs
