#include "gibbs/autograd/ops/conv_block.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv2d.h"
#include "gibbs/autograd/profile.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs {
namespace {

using kernels::ConvBlockGeometry;

/// The winners of a finished forward pass: their places, and 1 where there is one.
struct Winners {
  Tensor places, exist;

  Winners(const Tensor& routing, DType dtype) {
    const Tensor has_winner = kernels::less(routing, kernels::kNoWinner);
    places = kernels::mul(routing, has_winner);
    exist = kernels::cast(has_winner, dtype);
  }
};

/// The block in ops. Pooling and relu replay the routing, so both spellings take the same side at a kink.
Variable reference(const Variable& x, const Variable& w, const Variable& bias, const Tensor& routing,
                   const ConvBlockGeometry& g) {
  const Variable z = conv2d(x, w, g.conv.options) + bias;
  const Winners winners(routing, x.dtype());
  const Variable pooled = linear_map(
      "max_pool2d_gather", z,
      [pool = g.pool, at = saved(winners.places)](const Tensor& t) {
        return kernels::max_pool2d_gather(t, at.value(), pool);
      },
      [pool = g.pool, at = saved(winners.places)](const Tensor& t) {
        return kernels::max_pool2d_scatter(t, at.value(), pool);
      });
  return pooled * winners.exist;
}

}  // namespace

Variable conv_block(const Variable& x, const Variable& w, const Variable& bias, const ConvBlockGeometry& g) {
  auto [y, routing] = kernels::conv_block(x.value(), w.value(), bias.value(), g);
  const Saved route(std::move(routing));
  count_flops(g.conv.flops());
  return fused(
      "conv_block", {x, w, bias}, std::move(y),
      [g, route](const Variables& in, const Tensor& dy, const std::vector<bool>& wanted) {
        count_flops(g.conv.flops() * (wanted[0] + wanted[1]));
        auto [dx, dw, dbias] = kernels::conv_block_gradients(in[0].value(), in[1].value(), route.value(), dy, g,
                                                             {.dx = wanted[0], .dw = wanted[1], .dbias = wanted[2]});
        return std::vector<Tensor>{std::move(dx), std::move(dw), std::move(dbias)};
      },
      [g, route](const Variables& in) { return reference(in[0], in[1], in[2], route.value(), g); });
}

}  // namespace gibbs
