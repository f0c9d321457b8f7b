#include "examples/networks/resnet.h"

#include "gibbs/nn/nn.h"

namespace gibbs::examples {
namespace {

using namespace gibbs::nn;

/// A convolution and its norm, which shifts, so that the convolution has no bias.
Sequential conv_norm(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
  return Sequential{Conv2d({.in = in,
                            .out = out,
                            .kernel = kernel,
                            .stride = stride,
                            .padding = kernel / 2,
                            .bias = false,
                            .weight_init = he_normal}),
                    BatchNorm({.features = out, .epsilon = 1e-5, .keep = 0.9})};
}

/// inner(x) + x, or + a projection of x where the shape changes.
Residual block(std::int64_t in, std::int64_t out, std::int64_t stride) {
  Sequential inner{conv_norm(in, out, 3, stride), ReLU(), conv_norm(out, out, 3, 1)};
  return in == out && stride == 1 ? Residual(inner) : Residual(inner, conv_norm(in, out, 1, stride));
}

}  // namespace

Sequential resnet(std::uint64_t seed, const ResNetOptions& options) {
  check(options.depth >= 8 && options.depth % 6 == 2, "resnet: the depth is ", options.depth,
        "; three stages of blocks with two convolutions each make 6 n + 2, such as 20");
  Sequential model{conv_norm(3, 16, 3, 1), ReLU()};
  std::int64_t channels = 16;
  for (const std::int64_t width : {16, 32, 64}) {
    for (int i = 0; i < (options.depth - 2) / 6; ++i) {
      model.add(block(channels, width, width == channels ? 1 : 2)).add(ReLU());
      channels = width;
    }
  }
  model.add(GlobalAvgPool2d()).add(Dense({.in = channels, .out = options.classes}));
  initialize(model, seed);
  return model;
}

}  // namespace gibbs::examples
