// Pooling, interpolation and layers of layers against PyTorch's numbers (tests/golden/shapes.py): output, gradients, a
// second derivative; both conventions about corners and about padding.
#include "gibbs/nn/nn.h"
#include "tests/testing/golden_layers.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::expect_golden_layers;
using gibbs::testing::golden_layer;

UpsampleOptions bilinear_to(const Size2d& size, bool align_corners) {
  return {.size = size, .mode = Interpolation::bilinear, .align_corners = align_corners};
}

TEST(GoldenShapes, AreWhatPyTorchGives) {
  const auto bent = [] { return Sequential(Dense({.in = 4, .out = 4, .bias = false}), Tanh()); };
  const Dense dense({.in = 4, .out = 4, .bias = false});
  const Interpolation bilinear = Interpolation::bilinear;
  expect_golden_layers(
      "shapes",
      {golden_layer("AdaptiveAvgPool2d to 1", AdaptiveAvgPool2d({.size = 1})),
       golden_layer("AdaptiveAvgPool2d, bins side by side", AdaptiveAvgPool2d({.size = {3, 2}})),
       golden_layer("AdaptiveAvgPool2d, bins that overlap", AdaptiveAvgPool2d({.size = {2, 3}})),
       golden_layer("AdaptiveAvgPool2d, more bins than pixels", AdaptiveAvgPool2d({.size = {5, 7}})),
       golden_layer("GlobalMaxPool2d", GlobalMaxPool2d()),
       golden_layer("AvgPool2d, padding counted",
                    AvgPool2d({.window = 3, .stride = {2, 1}, .padding = 1, .count_padding = true})),
       golden_layer("AvgPool2d, padding not counted", AvgPool2d({.window = 3, .stride = {2, 1}, .padding = 1})),
       golden_layer("Upsample, nearest", Upsample({.scale = {2, 3}})),
       golden_layer("Upsample, nearest to 7x3", Upsample({.size = {7, 3}})),
       golden_layer("Upsample, bilinear", Upsample({.scale = 2, .mode = bilinear})),
       golden_layer("Upsample, bilinear to 7x5", Upsample(bilinear_to({7, 5}, false))),
       golden_layer("Upsample, bilinear to 2x3", Upsample(bilinear_to({2, 3}, false))),
       golden_layer("Upsample, bilinear to 1x1", Upsample(bilinear_to(1, false))),
       golden_layer("Upsample, bilinear of one pixel", Upsample(bilinear_to({3, 2}, false))),
       golden_layer("Upsample, align_corners", Upsample({.scale = 2, .mode = bilinear, .align_corners = true})),
       golden_layer("Upsample, align_corners to 7x5", Upsample(bilinear_to({7, 5}, true))),
       golden_layer("Upsample, align_corners to 2x3", Upsample(bilinear_to({2, 3}, true))),
       golden_layer("Upsample, align_corners to 1x1", Upsample(bilinear_to(1, true))),
       golden_layer("Upsample, align_corners of one pixel", Upsample(bilinear_to({3, 2}, true))),
       golden_layer("Reshape", Reshape({.shape = {6, -1}})),
       golden_layer("Permute", Permute({.axes = {3, 1, 2}})),
       golden_layer("Residual", Residual(bent(), dense)),
       golden_layer("Concat", Concat(Sequential(), bent())),
       golden_layer("Parallel, sum", Parallel(Sequential(), bent())),
       golden_layer("Parallel, mean", Parallel({.combine = Combine::mean}, Sequential(), bent())),
       golden_layer("Parallel, product", Parallel({.combine = Combine::product}, Sequential(), bent()))});
}

}  // namespace
}  // namespace gibbs::nn
