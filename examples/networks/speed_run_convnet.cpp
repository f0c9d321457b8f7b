#include "examples/networks/speed_run_convnet.h"

#include "gibbs/nn/nn.h"

namespace gibbs::examples {
namespace {

using namespace gibbs::nn;

Conv2d conv3x3(std::int64_t in, std::int64_t out) {
  return Conv2d({.in = in, .out = out, .kernel = 3, .padding = Padding::same, .bias = false, .weight_init = he_normal});
}

/// convolution - pool - norm - GELU - convolution - norm - GELU, to half the size.
void add_block(Sequential& model, std::int64_t in, std::int64_t out) {
  const BatchNormOptions norm = {.features = out, .epsilon = 1e-5, .keep = 0.6};
  model.add(conv3x3(in, out)).add(MaxPool2d({.window = 2})).add(BatchNorm(norm)).add(GELU());
  model.add(conv3x3(out, out)).add(BatchNorm(norm)).add(GELU());
}

}  // namespace

Sequential speed_run_convnet(std::uint64_t seed, std::int64_t classes) {
  Sequential model{Conv2d({.in = 3, .out = 24, .kernel = 2, .weight_init = he_normal}), GELU()};  // [N, 31, 31, 24]
  add_block(model, 24, 64);                                                                       // [N, 15, 15, 64]
  add_block(model, 64, 256);                                                                      // [N, 7, 7, 256]
  add_block(model, 256, 256);                                                                     // [N, 3, 3, 256]
  model.add(MaxPool2d({.window = 3})).add(Flatten()).add(Dense({.in = 256, .out = classes, .bias = false}));
  initialize(model, seed);
  return model;
}

}  // namespace gibbs::examples
