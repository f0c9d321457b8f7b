#include "examples/networks/resnet.h"

#include "gibbs/nn/nn.h"

namespace gibbs::examples {
namespace {

using namespace gibbs::nn;

Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
  return Conv2d({.in = in,
                 .out = out,
                 .kernel = kernel,
                 .stride = stride,
                 .padding = kernel / 2,
                 .bias = false,  // the norm shifts
                 .weight_init = he_normal});
}

BatchNorm norm(std::int64_t channels) { return BatchNorm({.features = channels, .epsilon = 1e-5, .keep = 0.9}); }

/// inner(x) + x, or + a projection of x where the shape changes.
Residual block(std::int64_t in, std::int64_t out, std::int64_t stride) {
  Sequential inner{conv(in, out, 3, stride), norm(out), ReLU(), conv(out, out, 3, 1), norm(out)};
  return in == out && stride == 1 ? Residual(inner) : Residual(inner, Sequential{conv(in, out, 1, stride), norm(out)});
}

}  // namespace

Sequential resnet(std::uint64_t seed, const ResNetOptions& options) {
  check(options.depth >= 8 && options.depth % 6 == 2, "resnet: the depth is ", options.depth,
        "; three stages of blocks with two convolutions each make 6 n + 2, such as 20");
  Sequential model{conv(3, 16, 3, 1), norm(16), ReLU()};
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
