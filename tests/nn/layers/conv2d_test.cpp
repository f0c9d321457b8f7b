// Conv2d against seven nested loops in float64, over options; its gradients, description and errors.
#include "gibbs/nn/layers/conv2d.h"

#include "gibbs/nn/check/gradcheck.h"
#include "gibbs/nn/sequential.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::nn {
namespace {

using namespace gibbs::testing;

/// y[n, i, j, o] = bias[o] + sum over taps and the channels of o's group, on an image that is 0 outside.
Tensor oracle(const Tensor& x, const Tensor& w, const Tensor& bias, const Conv2dOptions& options,
              const kernels::Pads& pads, const Shape& y_shape) {
  const std::int64_t channels = w.size(2), filters = options.out / options.groups;
  return build(y_shape, [&](const Index& at_y) {
    double total = bias.defined() ? at(bias, {at_y[3]}) : 0;
    for_each_index({w.size(0), w.size(1), channels}, [&](const Index& tap) {
      const std::int64_t row = at_y[1] * options.stride.h - pads.top + tap[0] * options.dilation.h;
      const std::int64_t column = at_y[2] * options.stride.w - pads.left + tap[1] * options.dilation.w;
      if (row >= 0 && row < x.size(1) && column >= 0 && column < x.size(2)) {
        total += at(x, {at_y[0], row, column, at_y[3] / filters * channels + tap[2]}) *
                 at(w, {tap[0], tap[1], tap[2], at_y[3]});
      }
    });
    return total;
  });
}

struct ConvCase {
  Conv2dOptions options;
  Shape x, y;
  kernels::Pads pads;
};

std::vector<ConvCase> cases() {
  std::vector<ConvCase> list;
  const auto add = [&](const Conv2dOptions& options, const Shape& x, const Shape& y, const kernels::Pads& pads = {}) {
    list.push_back({options, x, y, pads});
  };
  add({.in = 3, .out = 4, .kernel = 3}, {2, 5, 6, 3}, {2, 3, 4, 4});
  add({.in = 1, .out = 1, .kernel = 1, .bias = false}, {1, 2, 2, 1}, {1, 2, 2, 1});
  add({.in = 2, .out = 3, .kernel = {3, 2}, .stride = {2, 1}, .padding = Padding::same}, {2, 6, 5, 2}, {2, 3, 5, 3},
      {0, 1, 0, 1});
  add({.in = 4, .out = 6, .kernel = 3, .padding = 1, .groups = 2}, {1, 4, 4, 4}, {1, 4, 4, 6}, {1, 1, 1, 1});
  add({.in = 3, .out = 3, .kernel = 2, .padding = {1, 0, 0, 2}, .dilation = 2, .groups = 3, .bias = false},
      {1, 4, 3, 3}, {1, 3, 3, 3}, {1, 0, 0, 2});
  return list;
}

Conv2d float64_conv(const Conv2dOptions& options) {
  Conv2d layer(options);
  to(layer, DType::float64);
  for (auto& [path, parameter] : parameters(layer)) {
    parameter.replace(gibbs::testing::random(parameter.shape(), 7, -1, 1));  // biases start at 0, which proves little
  }
  return layer;
}

TEST(Conv2d, IsTheSumOverTapsAndChannels) {
  for (const ConvCase& c : cases()) {
    Conv2d layer = float64_conv(c.options);
    const Tensor x = gibbs::testing::random(c.x, 1, -1, 1);
    const std::vector<Named<Parameter>> p = parameters(layer);
    const Tensor bias = p.size() > 1 ? p[1].item.value() : Tensor();
    EXPECT_TRUE(near(layer(x).value(), oracle(x, p[0].item.value(), bias, c.options, c.pads, c.y), 1e-12))
        << layer.describe();
  }
}

TEST(Conv2d, GradientsAgreeWithDifferences) {
  for (const ConvCase& c : cases()) {
    Conv2d layer = float64_conv(c.options);
    const Tensor x = gibbs::testing::random(c.x, 1, -1, 1);
    const GradcheckReport first = gradcheck(layer, x);
    EXPECT_TRUE(first) << layer.describe() << ": " << first.message;
    if (x.numel() < 70) {
      const GradcheckReport second = gradgradcheck(layer, x);
      EXPECT_TRUE(second) << layer.describe() << ": " << second.message;
    }
  }
}

TEST(Conv2d, StartsAsKerasDoes) {
  Conv2d layer({.in = 8, .out = 32, .kernel = {3, 5}, .groups = 2});
  initialize(layer, 0);
  const std::vector<Named<Parameter>> p = named_parameters(layer);
  ASSERT_EQ(p.size(), 2);
  EXPECT_EQ(p[0].path, "weight");
  EXPECT_EQ(p[0].item.shape(), (Shape{3, 5, 4, 32}));
  EXPECT_EQ(p[1].path, "bias");
  EXPECT_EQ(p[1].item.value().to_vector(), std::vector<double>(32, 0.0));
  const std::vector<double> w = p[0].item.value().to_vector();
  const double limit = std::sqrt(6.0 / (15 * 4 + 15 * 16));
  const double largest = *std::max_element(w.begin(), w.end());
  EXPECT_LE(largest, limit);
  EXPECT_GT(largest, 0.98 * limit);
}

TEST(Conv2d, DescribesWhatIsNotTheDefault) {
  EXPECT_EQ(Conv2d({.in = 3, .out = 32, .kernel = 3}).describe(), "Conv2d(3 -> 32, kernel 3x3)");
  EXPECT_EQ(Conv2d({.in = 4,
                    .out = 8,
                    .kernel = {3, 5},
                    .stride = 2,
                    .padding = Padding::same,
                    .dilation = {1, 2},
                    .groups = 4,
                    .bias = false})
                .describe(),
            "Conv2d(4 -> 8, kernel 3x5, stride 2x2, padding same, dilation 1x2, groups 4, no bias)");
}

TEST(Conv2d, CountsMultiplyAddsAsTwo) {
  EXPECT_EQ(Conv2d({.in = 3, .out = 32, .kernel = 3}).flops({1, 32, 32, 3}, {1, 30, 30, 32}), 2.0 * 27 * 32 * 30 * 30);
  EXPECT_EQ(Conv2d({.in = 4, .out = 4, .kernel = 3, .groups = 4}).flops({1, 5, 5, 4}, {1, 3, 3, 4}), 2.0 * 9 * 4 * 9);
}

TEST(Conv2d, AnEmptyBatchGivesAnEmptyBatch) {
  Conv2d layer({.in = 3, .out = 4, .kernel = 3});
  initialize(layer, 0);
  EXPECT_EQ(layer(Tensor::zeros({0, 5, 5, 3})).shape(), (Shape{0, 3, 3, 4}));
}

TEST(Conv2d, ErrorsNameTheLayerInItsModel) {
  Sequential model(Conv2d({.in = 3, .out = 32, .kernel = 1}), Conv2d({.in = 8, .out = 2, .kernel = 3}));
  initialize(model, 0);
  EXPECT_EQ(error_of([&] {
              model(Tensor::zeros({8, 16, 16, 3}));
            }),
            "Conv2d: layer '1' expects [N, H, W, 8], received [8, 16, 16, 32]");
  EXPECT_EQ(error_of([&] { Conv2d({.in = 3, .out = 4, .kernel = 3, .groups = 3}); }),
            "Conv2d: groups must divide in and out, but 3 does not divide 3 and 4");
  EXPECT_EQ(error_of([&] { Conv2d({.in = 0, .out = 4, .kernel = 3}); }),
            "Conv2d: in and out must be positive, not 0 and 4");
  EXPECT_EQ(error_of([&] { Conv2d({.in = 3, .out = 4, .kernel = 0}); }),
            "Conv2d: the window must be positive, not 0x0");
}

}  // namespace
}  // namespace gibbs::nn
