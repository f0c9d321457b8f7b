// Layers against PyTorch's numbers (tests/golden/layers.py, convolutions.py): output, gradients, a second derivative.
#include "tests/testing/golden_layers.h"

#include "gibbs/nn/nn.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::golden_layer;

TEST(GoldenLayers, NormsAndActivationsArePyTorchs) {
  gibbs::testing::expect_golden_layers(
      "layers", {golden_layer("BatchNorm in training", BatchNorm({.features = 4})),
                 golden_layer("BatchNorm of rows in training, not affine", BatchNorm({.features = 4, .affine = false})),
                 golden_layer("BatchNorm after training, as in Keras", BatchNorm({.features = 4})),
                 golden_layer("BatchNorm after training, as in PyTorch",
                              BatchNorm({.features = 4, .epsilon = 1e-5, .keep = 0.9, .unbiased_running_var = true})),
                 golden_layer("LayerNorm", LayerNorm({.features = {4}, .epsilon = 1e-5})),
                 golden_layer("LayerNorm of three axes", LayerNorm({.features = {2, 3, 4}})),
                 golden_layer("GroupNorm of two groups", GroupNorm({.groups = 2, .features = 4, .epsilon = 1e-5})),
                 golden_layer("GroupNorm of one group", GroupNorm({.groups = 1, .features = 4})),
                 golden_layer("InstanceNorm", InstanceNorm({.features = 4})),
                 golden_layer("InstanceNorm, affine", InstanceNorm({.features = 4, .epsilon = 1e-5, .affine = true})),
                 golden_layer("RMSNorm", RMSNorm({.features = {4}})),
                 golden_layer("RMSNorm of three axes", RMSNorm({.features = {2, 3, 4}, .epsilon = 1e-3})),
                 golden_layer("LeakyReLU", LeakyReLU()),
                 golden_layer("LeakyReLU, slope 0.01", LeakyReLU({.slope = 0.01})),
                 golden_layer("PReLU", PReLU({.features = 4})),
                 golden_layer("ELU", ELU()),
                 golden_layer("ELU, alpha 0.5", ELU({.alpha = 0.5})),
                 golden_layer("SELU", SELU()),
                 golden_layer("CELU", CELU()),
                 golden_layer("CELU, alpha 0.5", CELU({.alpha = 0.5})),
                 golden_layer("SiLU", SiLU()),
                 golden_layer("Mish", Mish()),
                 golden_layer("Softplus", Softplus()),
                 golden_layer("Softplus, beta 3", Softplus({.beta = 3})),
                 golden_layer("Softsign", Softsign()),
                 golden_layer("HardSigmoid", HardSigmoid()),
                 golden_layer("HardSwish", HardSwish()),
                 golden_layer("GELU", GELU()),
                 golden_layer("GELU, tanh", GELU({.tanh = true})),
                 golden_layer("LogSoftmax", LogSoftmax()),
                 golden_layer("GLU", GLU())});
}

TEST(GoldenLayers, ConvolutionsArePyTorchs) {
  gibbs::testing::expect_golden_layers(
      "convolutions",
      {golden_layer("Conv1d", Conv1d({.in = 2, .out = 4, .kernel = 3})),
       golden_layer("Conv1d, stride 2, padding 1", Conv1d({.in = 2, .out = 4, .kernel = 3, .stride = 2, .padding = 1})),
       golden_layer("Conv1d, same", Conv1d({.in = 2, .out = 4, .kernel = 3, .padding = Padding::same, .dilation = 2})),
       golden_layer("Conv1d, causal", Conv1d({.in = 2, .out = 4, .kernel = 3, .padding = {0, 0, 4, 0}, .dilation = 2})),
       golden_layer("Conv1d, depthwise, no bias", Conv1d({.in = 2, .out = 4, .kernel = 3, .groups = 2, .bias = false})),
       golden_layer("ConvTranspose2d", ConvTranspose2d({.in = 2, .out = 3, .kernel = {3, 2}})),
       golden_layer("ConvTranspose2d, stride 2", ConvTranspose2d({.in = 2, .out = 3, .kernel = 3, .stride = 2})),
       golden_layer("ConvTranspose2d, output padding",
                    ConvTranspose2d({.in = 2, .out = 3, .kernel = 3, .stride = 2, .padding = 1, .output_padding = 1})),
       golden_layer("ConvTranspose2d, sides that differ", ConvTranspose2d({.in = 2,
                                                                           .out = 3,
                                                                           .kernel = {3, 2},
                                                                           .stride = {3, 2},
                                                                           .padding = {1, 1, 0, 0},
                                                                           .output_padding = {2, 0},
                                                                           .dilation = {1, 2}})),
       golden_layer("ConvTranspose2d, stride above kernel",
                    ConvTranspose2d({.in = 2, .out = 3, .kernel = 2, .stride = 3})),
       golden_layer("ConvTranspose2d, groups, no bias",
                    ConvTranspose2d({.in = 2, .out = 4, .kernel = 2, .padding = 1, .groups = 2, .bias = false})),
       golden_layer(
           "separable_conv2d",
           separable_conv2d({.in = 2, .out = 3, .kernel = 3, .stride = 2, .padding = 1, .depth_multiplier = 2}))});
}

}  // namespace
}  // namespace gibbs::nn
