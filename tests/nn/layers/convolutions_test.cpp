// Conv1d, ConvTranspose2d and separable_conv2d: what they are made of, their lines and their cost. Values are compared
// with loops (tests/battery) and with PyTorch (golden_layers_test.cpp).
#include "gibbs/nn/nn.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

TEST(Conv1d, DescribesItself) {
  EXPECT_EQ(Conv1d({.in = 2, .out = 3, .kernel = 5}).describe(), "Conv1d(2 -> 3, kernel 5)");
  EXPECT_EQ(Conv1d({.in = 2,
                    .out = 4,
                    .kernel = 3,
                    .stride = 2,
                    .padding = {0, 0, 4, 0},
                    .dilation = 2,
                    .groups = 2,
                    .bias = false})
                .describe(),
            "Conv1d(2 -> 4, kernel 3, stride 2, padding (0, 0, 4, 0), dilation 2, groups 2, no bias)");
  EXPECT_EQ(Conv1d({.in = 4, .out = 6, .kernel = 3, .groups = 2}).flops({1, 5, 4}, {1, 3, 6}), 2 * 3 * 2 * 18);
}

/// A causal convolution's outputs do not depend on later inputs.
TEST(Conv1d, CausalPaddingSeesNoLaterPlace) {
  Conv1d layer = initialized(Conv1d({.in = 1, .out = 2, .kernel = 3, .padding = {0, 0, 4, 0}, .dilation = 2}), 1);
  const Tensor x = kernels::uniform({.seed = 1}, {1, 8, 1}, 1, 2);
  Tensor other = x.clone();
  other.set({0, 5, 0}, 7);
  const Tensor y = layer(x).value(), z = layer(other).value();
  ASSERT_EQ(y.shape(), Shape({1, 8, 2}));
  for (std::int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(y.at({0, i, 0}) != z.at({0, i, 0}), i == 5 || i == 7) << i;
  }
}

/// <conv(y), x> = <y, transposed(x)> for a Conv2d from y to x with the same weight, and the sizes are its sizes.
TEST(ConvTranspose2d, IsTheAdjointOfAConvolution) {
  for (const auto& [padding, height] : std::vector<std::pair<Padding, std::int64_t>>{
           {Padding::same, 10}, {Padding::valid, 12}, {{1, 2, 1, 2}, 9}, {{0, 1, 1, 2}, 11}}) {
    ConvTranspose2d up = initialized(
        ConvTranspose2d(
            {.in = 4, .out = 6, .kernel = {4, 3}, .stride = 2, .padding = padding, .groups = 2, .bias = false}),
        3);
    Conv2d down = initialized(
        Conv2d({.in = 6, .out = 4, .kernel = {4, 3}, .stride = 2, .padding = padding, .groups = 2, .bias = false}), 4);
    to(up, DType::float64);
    to(down, DType::float64);
    parameters(down).front().item.replace(parameters(up).front().item.value());
    const Tensor x = gibbs::testing::random({2, 5, 3, 4}, 1);
    const Tensor grown = up(x).value();
    ASSERT_EQ(grown.size(1), height) << to_string(padding);
    const Tensor y = gibbs::testing::random(grown.shape(), 2);
    const Tensor back = down(y).value();
    ASSERT_EQ(back.shape(), x.shape()) << to_string(padding);
    EXPECT_NEAR(kernels::sum(back * x).item(), kernels::sum(y * grown).item(), 1e-12) << to_string(padding);
  }
}

TEST(ConvTranspose2d, DescribesItself) {
  EXPECT_EQ(ConvTranspose2d({.in = 2, .out = 3, .kernel = 2}).describe(), "ConvTranspose2d(2 -> 3, kernel 2x2)");
  EXPECT_EQ(ConvTranspose2d({.in = 4,
                             .out = 2,
                             .kernel = 3,
                             .stride = 2,
                             .padding = 1,
                             .output_padding = {1, 0},
                             .dilation = {1, 2},
                             .groups = 2,
                             .bias = false})
                .describe(),
            "ConvTranspose2d(4 -> 2, kernel 3x3, stride 2x2, padding 1, output padding 1x0, dilation 1x2, groups 2, no "
            "bias)");
  EXPECT_EQ(ConvTranspose2d({.in = 4, .out = 6, .kernel = 3, .groups = 2}).flops({1, 2, 2, 4}, {1, 4, 4, 6}),
            2 * 9 * 3 * 16);
}

/// MobileNet's block: what is given stands between the two convolutions, in one Sequential.
TEST(SeparableConv2d, IsASequentialOfTwoConvolutionsAndWhatIsBetween) {
  Sequential block = separable_conv2d({.in = 3, .out = 4, .kernel = 3, .stride = 2, .padding = 1, .bias = false},
                                      BatchNorm({.features = 3}), ReLU());
  ASSERT_EQ(block.size(), 4U);
  EXPECT_EQ(block[0].describe(), "Conv2d(3 -> 3, kernel 3x3, stride 2x2, padding 1, groups 3, no bias)");
  EXPECT_EQ(block[2].describe(), "ReLU");
  EXPECT_EQ(block[3].describe(), "Conv2d(3 -> 4, kernel 1x1, no bias)");
  initialize(block, 0);
  EXPECT_EQ(block(Tensor::ones({1, 5, 4, 3})).shape(), Shape({1, 3, 2, 4}));
  const CheckReport report = check_layer(block, {2, 4, 3, 3});
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(error_of([] { separable_conv2d({.in = 3, .out = 4, .kernel = 3, .depth_multiplier = 0}); }),
            "separable_conv2d: in, out and depth_multiplier must be positive, not 3, 4 and 0");
}

}  // namespace
}  // namespace gibbs::nn
