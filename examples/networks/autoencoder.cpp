#include "examples/networks/autoencoder.h"

#include "gibbs/nn/nn.h"

namespace gibbs::examples {
namespace {

using namespace gibbs::nn;

Conv2d halved(std::int64_t in, std::int64_t out) {
  return Conv2d({.in = in, .out = out, .kernel = 4, .stride = 2, .padding = 1, .weight_init = he_normal});
}
ConvTranspose2d doubled(std::int64_t in, std::int64_t out) {
  return ConvTranspose2d({.in = in, .out = out, .kernel = 4, .stride = 2, .padding = 1, .weight_init = he_normal});
}

}  // namespace

Sequential autoencoder(std::uint64_t seed) {
  Sequential model{halved(3, 32),    ReLU(), halved(32, 64),  ReLU(), halved(64, 128), ReLU(),  // [N, 4, 4, 128]
                   doubled(128, 64), ReLU(), doubled(64, 32), ReLU(), doubled(32, 3),  Sigmoid()};
  initialize(model, seed);
  return model;
}

}  // namespace gibbs::examples
