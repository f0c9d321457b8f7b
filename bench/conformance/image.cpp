// Products of matrices, convolution, pooling.
#include "bench/conformance/table.h"
#include "bench/conformance/window.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv2d.h"
#include "gibbs/autograd/ops/conv_block.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/pool2d.h"

namespace gibbs::conformance {
namespace {

/// As nn::Sequential does: the block where it fits, the plain ops elsewhere.
Variable block(const Variables& x, const json& o) {
  const auto options = convolution(o);
  const auto g = kernels::ConvBlockGeometry::of(x.at(0).shape(), x.at(1).shape(), options, {});
  if (kernels::conv_block_fits(g, x[0].dtype())) {
    return conv_block(x[0], x[1], x.at(2), g);
  }
  return max_pool2d(relu(conv2d(x[0], x[1], options) + x.at(2)));
}

}  // namespace

Table image_table() {
  return {
      {"matmul", entry([](const Variables& x, const json& o) {
         return matmul(x.at(0), x.at(1), {.a = flag(o, "transpose_a"), .b = flag(o, "transpose_b")});
       })},
      {"dense", entry([](const Variables& x, const json&) {
         return dense(x.at(0), x.at(1), x.size() > 2 ? x[2] : Variable());
       })},
      {"conv2d", entry([](const Variables& x, const json& o) { return conv2d(x.at(0), x.at(1), convolution(o)); })},
      {"conv2d_dx", entry([](const Variables& x, const json& o) {
         return conv2d_dx(x.at(0), x.at(1),
                          kernels::Conv2dGeometry::of(shape(o, "image"), x[1].shape(), convolution(o)));
       })},
      {"conv2d_dw", entry([](const Variables& x, const json& o) {
         return conv2d_dw(x.at(0), x.at(1),
                          kernels::Conv2dGeometry::of(x[0].shape(), shape(o, "kernel"), convolution(o)));
       })},
      {"conv_block", entry(block)},
      {"max_pool2d", entry([](const Variables& x, const json& o) { return max_pool2d(x.at(0), pooling(o)); })},
      {"avg_pool2d", entry([](const Variables& x, const json& o) { return avg_pool2d(x.at(0), pooling(o)); })},
  };
}

}  // namespace gibbs::conformance
