#include "gibbs/autograd/ops/pool2d.h"

#include "gibbs/autograd/record.h"

namespace gibbs {

using PoolGeometry = kernels::Pool2dGeometry;

Variable max_pool2d(const Variable& x, const kernels::Pool2dOptions& options) {
  const PoolGeometry g = PoolGeometry::of(x.shape(), options, "max_pool2d");
  auto [y, routing] = kernels::max_pool2d(x.value(), g);
  return record("max_pool2d", std::move(y), wrt(x, [g, route = saved(std::move(routing))](const Variable& dy) {
                  return linear_map(
                      "max_pool2d_scatter", dy,
                      [g, route](const Tensor& t) { return kernels::max_pool2d_scatter(t, route.value(), g); },
                      [g, route](const Tensor& t) { return kernels::max_pool2d_gather(t, route.value(), g); });
                }));
}

Variable avg_pool2d(const Variable& x, const kernels::Pool2dOptions& options) {
  const PoolGeometry g = PoolGeometry::of(x.shape(), options, "avg_pool2d");
  return linear_map(
      "avg_pool2d", x, [g](const Tensor& t) { return kernels::avg_pool2d(t, g); },
      [g](const Tensor& t) { return kernels::avg_pool2d_dx(t, g); });
}

}  // namespace gibbs
