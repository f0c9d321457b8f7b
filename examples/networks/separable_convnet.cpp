#include "examples/networks/separable_convnet.h"

#include "gibbs/nn/nn.h"

namespace gibbs::examples {
namespace {

using namespace gibbs::nn;

/// convolution - norm - ReLU.
void add_conv(Sequential& model, Conv2dOptions conv) {
  conv.bias = false;  // the norm shifts
  conv.weight_init = he_normal;
  model.add(Conv2d(conv)).add(BatchNorm({.features = conv.out, .epsilon = 1e-5, .keep = 0.9})).add(ReLU());
}

void add_separable(Sequential& model, std::int64_t in, std::int64_t out, std::int64_t stride) {
  add_conv(model, {.in = in, .out = in, .kernel = 3, .stride = stride, .padding = 1, .groups = in});
  add_conv(model, {.in = in, .out = out, .kernel = 1});
}

}  // namespace

Sequential separable_convnet(std::uint64_t seed, std::int64_t classes) {
  Sequential model;
  add_conv(model, {.in = 3, .out = 32, .kernel = 3, .padding = 1});  // [N, 32, 32, 32]
  add_separable(model, 32, 64, 1);
  add_separable(model, 64, 128, 2);  // [N, 16, 16, 128]
  add_separable(model, 128, 128, 1);
  add_separable(model, 128, 256, 2);  // [N, 8, 8, 256]
  add_separable(model, 256, 256, 1);
  model.add(GlobalAvgPool2d()).add(Dense({.in = 256, .out = classes}));
  initialize(model, seed);
  return model;
}

}  // namespace gibbs::examples
