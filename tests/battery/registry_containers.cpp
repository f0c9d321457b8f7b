// Layers that consist of other layers.
#include <cmath>

#include "gibbs/nn/nn.h"
#include "tests/battery/layer_samples.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::Index;
using testing::matrix_product;

/// x w + b, of the Dense layer at this path.
Tensor dense_at(nn::Layer& layer, const std::string& path, const Tensor& x) {
  const Tensor product = matrix_product(x, parameter(layer, path + ".weight"));
  const Tensor bias = parameter(layer, path + ".bias");
  return build(product.shape(), [&](const Index& i) { return at(product, i) + at(bias, {i.back()}); });
}

LayerEntry residual_layer() {
  const nn::Sequential inner{nn::Dense({.in = 3, .out = 3}), nn::Tanh()};
  const nn::Residual plain = nn::initialized(nn::Residual(inner), 1);
  const nn::Residual widened =
      nn::initialized(nn::Residual(nn::Dense({.in = 3, .out = 2}), nn::Dense({.in = 3, .out = 2})), 2);
  const auto of_plain = [](nn::Layer& layer, const Tensor& x) {
    const Tensor y = dense_at(layer, "inner.0", x);
    return build(y.shape(), [&](const Index& i) { return std::tanh(at(y, i)) + at(x, i); });
  };
  const auto of_widened = [](nn::Layer& layer, const Tensor& x) {
    const Tensor y = dense_at(layer, "inner", x), past = dense_at(layer, "shortcut", x);
    return build(y.shape(), [&](const Index& i) { return at(y, i) + at(past, i); });
  };
  return {"Residual",
          {{"past itself", copies(plain), {2, 3}, of_plain},
           {"more leading axes", copies(plain), {1, 2, 3}, of_plain},
           {"a shortcut that changes the shape", copies(widened), {4, 3}, of_widened}},
          {refused_input(nn::initialized(nn::Residual(nn::Dense({.in = 3, .out = 2})), 1), {4, 3},
                         "Residual: the model itself cannot add inner(x) float32 [4, 2] to x float32 [4, 3]; give a "
                         "second layer, the shortcut, that changes x likewise, such as a Conv2d with a 1x1 kernel and "
                         "the inner layers' stride"),
           refused_input(plain, {4, 2}, "Dense: layer 'inner.0' expects [N, 3], received [4, 2]")}};
}

}  // namespace

std::vector<LayerEntry> container_layers() { return {residual_layer()}; }

}  // namespace gibbs::battery
