// Fused and plain layers must be the same function: values, gradients and second derivatives; and fusion must step
// aside where somebody looks at the layers inside.
#include "gibbs/nn/fusion.h"

#include <gmock/gmock.h>

#include <functional>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/autograd/node.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv_block.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/error_of.h"
#include "tests/testing/near.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::near;

/// Restores the switch.
class FusionScope {
 public:
  explicit FusionScope(bool on) : before_(fusion_enabled()) { set_fusion(on); }
  FusionScope(const FusionScope&) = delete;
  FusionScope& operator=(const FusionScope&) = delete;
  ~FusionScope() { set_fusion(before_); }

 private:
  bool before_;
};

Sequential two_blocks() {
  Sequential model(Conv2d({.in = 3, .out = 16, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}),
                   Conv2d({.in = 16, .out = 32, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Flatten(),
                   Dense({.in = 128, .out = 4}));
  initialize(model, 1);
  return model;
}

/// The model's value and the gradients of x and of all parameters, fused or not.
Variables value_and_gradients(Sequential& model, const Tensor& x, bool fuse) {
  const FusionScope scope(fuse);
  Variables inputs = {Variable::leaf(x)};
  for (const auto& [path, parameter] : parameters(model)) {
    inputs.push_back(parameter.variable());
  }
  const Variable y = sum(square(model(inputs[0])));
  Variables all = grad(y, inputs);
  all.push_back(y);
  return all;
}

/// Whether the last op of y's graph, or one upstream of it, is called `op`.
bool graph_contains(const Variable& y, std::string_view op) {
  std::vector<const Node*> pending{y.edge().node.get()};
  while (!pending.empty()) {
    const Node* node = pending.back();
    pending.pop_back();
    if (node->op == op) {
      return true;
    }
    for (const Edge& input : node->inputs) {
      pending.push_back(input.node.get());
    }
  }
  return false;
}

TEST(Fusion, ValuesAndGradientsAreThoseOfThePlainLayers) {
  for (DType dtype : {DType::float32, DType::float64}) {
    Sequential model = two_blocks();
    to(model, dtype);
    const Tensor x = kernels::uniform({.seed = 2}, {5, 14, 14, 3}, -1, 1, dtype);
    const Variables fused = value_and_gradients(model, x, true), plain = value_and_gradients(model, x, false);
    for (std::size_t i = 0; i < fused.size(); ++i) {
      EXPECT_TRUE(near(fused[i].value(), plain[i].value(), dtype == DType::float32 ? 1e-5 : 1e-12)) << i;
    }
  }
}

TEST(Fusion, IsUsedExactlyWhereItMayBe) {
  Sequential model = two_blocks();
  const Tensor x = kernels::uniform({.seed = 2}, {1, 14, 14, 3});
  EXPECT_TRUE(graph_contains(model(x), "conv_block"));
  EXPECT_FALSE(graph_contains(model(x), "max_pool2d"));
  {
    const FusionScope off(false);
    EXPECT_FALSE(graph_contains(model(x), "conv_block"));
  }
  {
    const ForwardScope looking({.check_finite = true});
    EXPECT_FALSE(graph_contains(model(x), "conv_block"));
  }
  int seen = 0;
  {
    const ForwardScope observed({.observer = [&](const auto&, Module&, const auto&, const auto&) { ++seen; }});
    EXPECT_FALSE(graph_contains(model(x), "conv_block"));
  }
  EXPECT_EQ(seen, 9);  // eight layers and the model
}

TEST(Fusion, ADerivedLayerIsNotTakenForItsBase) {
  class DoubledConv : public Conv2d {
   public:
    using Conv2d::Conv2d;

   protected:
    Variable forward(const Variable& x) override { return Conv2d::forward(x) * 2.0; }
  };
  Sequential model(DoubledConv({.in = 3, .out = 16, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}));
  initialize(model, 1);
  EXPECT_FALSE(graph_contains(model(Tensor::ones({1, 8, 8, 3})), "conv_block"));
}

TEST(Fusion, FrozenWeightsGetNoGradient) {
  Sequential model = two_blocks();
  set_frozen(model[0], true);
  backward(sum(model(kernels::uniform({.seed = 2}, {2, 14, 14, 3}))));
  EXPECT_FALSE(parameters(model)[0].item.gradient().defined());
  EXPECT_TRUE(parameters(model)[2].item.gradient().defined());
}

TEST(Fusion, FirstAndSecondDerivativesPassTheChecks) {
  const kernels::ConvBlockGeometry g = kernels::ConvBlockGeometry::of({1, 5, 5, 2}, {2, 2, 2, 8}, {}, {});
  ASSERT_TRUE(kernels::conv_block_fits(g, DType::float64));
  const auto random = [](std::uint64_t seed, const Shape& shape) {
    return kernels::uniform({.seed = seed}, shape, -1, 1, DType::float64);
  };
  const std::vector<Tensor> inputs = {random(1, {1, 5, 5, 2}), random(2, {2, 2, 2, 8}), random(3, {8})};
  const auto block = [&](const Variables& in) { return conv_block(in[0], in[1], in[2], g); };
  const GradcheckReport first = gradcheck(block, inputs), second = gradgradcheck(block, inputs);
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
}

/// A run that a row of the table knows, on its input, and the op that computes it in training and in evaluation.
struct Known {
  const char* what;
  std::function<Sequential()> make;
  Shape x;
  const char* op;
};

const std::vector<Known>& known_runs() {
  static const auto conv = [](bool bias) {
    return Conv2d({.in = 3, .out = 8, .kernel = 3, .padding = 1, .bias = bias});
  };
  static const auto residual = [] {
    return Residual(Sequential{Conv2d({.in = 3, .out = 3, .kernel = 1}), BatchNorm({.features = 3})});
  };
  static const Shape images = {4, 6, 5, 3};
  static const std::vector<Known> all = {
      {"conv, relu",
       [] {
         return Sequential{conv(true), ReLU()};
       },
       images, "conv2d_activated"},
      {"conv without bias, relu",
       [] {
         return Sequential{conv(false), ReLU()};
       },
       images, "conv2d_activated"},
      {"conv, gelu",
       [] {
         return Sequential{conv(true), GELU()};
       },
       images, "gelu"},
      {"block without bias",
       [] {
         return Sequential{Conv2d({.in = 3, .out = 16, .kernel = 3, .bias = false}), ReLU(), MaxPool2d({.window = 2})};
       },
       {2, 8, 8, 3},
       "conv_block"},
      {"conv, norm, relu",
       [] {
         return Sequential{conv(false), BatchNorm({.features = 8}), ReLU()};
       },
       images, "normalize"},
      {"conv, norm, gelu",
       [] {
         return Sequential{conv(true), BatchNorm({.features = 8}), GELU()};
       },
       images, "normalize"},
      {"conv, norm without scale, silu",
       [] {
         return Sequential{conv(true), BatchNorm({.features = 8, .affine = false}), SiLU()};
       },
       images, "normalize"},
      {"conv, norm",
       [] {
         return Sequential{conv(true), BatchNorm({.features = 8})};
       },
       images, "normalize"},
      {"dense, relu",
       [] {
         return Sequential{Dense({.in = 5, .out = 7}), ReLU()};
       },
       {4, 5},
       "dense_activated"},
      {"dense without bias, silu",
       [] {
         return Sequential{Dense({.in = 5, .out = 7, .bias = false}), SiLU()};
       },
       {4, 5},
       "silu"},
      {"norm of rows, relu",
       [] {
         return Sequential{BatchNorm({.features = 5}), ReLU()};
       },
       {4, 5},
       "normalize"},
      {"residual, relu",
       [] {
         return Sequential{residual(), ReLU()};
       },
       images, "activated_sum"},
      {"residual, gelu",
       [] {
         return Sequential{residual(), GELU()};
       },
       images, "gelu"},
  };
  return all;
}

/// With other numbers than 0 and 1 in every parameter and buffer.
Sequential filled(const Known& known, DType dtype) {
  Sequential model = known.make();
  initialize(model, 3);
  to(model, dtype);
  std::uint64_t seed = 10;
  for (auto& [path, parameter] : parameters(model)) {
    parameter.replace(kernels::uniform({.seed = seed++}, parameter.shape(), 0.2, 0.9, dtype));
  }
  for (auto& [path, buffer] : named_buffers(model)) {
    buffer.replace(kernels::uniform({.seed = seed++}, buffer.value().shape(), 0.2, 0.9, buffer.value().dtype()));
  }
  return model;
}

TEST(Fusion, EveryRowOfTheTableIsThePlainLayers) {
  for (const Known& known : known_runs()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = kernels::uniform({.seed = 2}, known.x, -1, 1, dtype);
      for (const bool training : {true, false}) {
        std::vector<std::vector<Tensor>> results;
        for (const bool fuse : {true, false}) {
          Sequential model = filled(known, dtype);
          results.emplace_back();
          {
            const ForwardScope scope({.training = training});
            for (const Variable& one : value_and_gradients(model, x, fuse)) {
              results.back().push_back(one.value());
            }
            const FusionScope fusing(fuse);
            if (fuse && training) {
              EXPECT_TRUE(graph_contains(model(x), known.op)) << known.what;
            }
            const NoTape no_tape;
            results.back().push_back(model(x).value());
          }
          for (const auto& [path, buffer] : named_buffers(model)) {
            results.back().push_back(buffer.value());
          }
        }
        for (std::size_t i = 0; i < results[0].size(); ++i) {
          EXPECT_TRUE(near(results[0][i], results[1][i], dtype == DType::float32 ? 2e-5 : 1e-12))
              << known.what << (training ? ", training " : ", evaluation ") << i;
        }
      }
    }
  }
}

/// The convolution is frozen and the input a constant: the norm's parameters alone want gradients.
TEST(Fusion, ANormBehindAFrozenConvolutionGetsItsGradients) {
  Sequential model{Conv2d({.in = 3, .out = 4, .kernel = 3}), BatchNorm({.features = 4}), ReLU()};
  initialize(model, 1);
  set_frozen(model[0], true);
  const ForwardScope evaluation({});
  backward(sum(model(kernels::uniform({.seed = 2}, {2, 5, 5, 3}))));
  EXPECT_TRUE(parameters(model)[2].item.gradient().defined());
  EXPECT_TRUE(parameters(model)[3].item.gradient().defined());
}

TEST(Fusion, WhatDoesNotFitIsRefusedByTheLayerThatItDoesNotFit) {
  Sequential model{Conv2d({.in = 3, .out = 4, .kernel = 3}), BatchNorm({.features = 4}), ReLU()};
  initialize(model, 1);
  const auto error_on = [&](const Shape& x, bool fuse) {
    const FusionScope fusing(fuse);
    const NoTape no_tape;
    return gibbs::testing::error_of([&] { model(Tensor::ones(x)); });
  };
  for (const Shape& x : {Shape{1, 2, 2, 3}, Shape{1, 5, 5, 2}, Shape{5, 5, 3}}) {
    EXPECT_THAT(error_on(x, true), ::testing::HasSubstr("layer '0'")) << x;
    EXPECT_EQ(error_on(x, true), error_on(x, false)) << x;
  }
  to(model[1], DType::float64);
  EXPECT_THAT(error_on({1, 5, 5, 3}, true), ::testing::HasSubstr("layer '1'"));
}

TEST(Fusion, TheReportSaysWhatIsFusedAndWhyTheRestIsNot) {
  Sequential model{Conv2d({.in = 3, .out = 16, .kernel = 3}),
                   ReLU(),
                   MaxPool2d({.window = 3}),
                   Conv2d({.in = 16, .out = 8, .kernel = 2, .bias = false}),
                   BatchNorm({.features = 8}),
                   GELU()};
  EXPECT_EQ(
      fusion_report(model, {14, 14, 3}),
      "In training\n"
      "  0, 1, 2: Conv2d(3 -> 16, kernel 3x3), ReLU, MaxPool2d(window 3x3): its kernel pools 2x2 without padding, "
      "over some convolutions\n"
      "  0, 1: Conv2d(3 -> 16, kernel 3x3), ReLU: one op\n"
      "  3, 4, 5: Conv2d(16 -> 8, kernel 2x2, no bias), BatchNorm(8), GELU: in training the norm needs all of the "
      "convolution's outputs first\n"
      "  3, 4: Conv2d(16 -> 8, kernel 2x2, no bias), BatchNorm(8): in training the norm needs all of the "
      "convolution's outputs first\n"
      "  4, 5: BatchNorm(8), GELU: one op\n"
      "In evaluation\n"
      "  0, 1, 2: Conv2d(3 -> 16, kernel 3x3), ReLU, MaxPool2d(window 3x3): its kernel pools 2x2 without padding, "
      "over some convolutions\n"
      "  0, 1: Conv2d(3 -> 16, kernel 3x3), ReLU: one op\n"
      "  3, 4, 5: Conv2d(16 -> 8, kernel 2x2, no bias), BatchNorm(8), GELU: one op\n");
}

}  // namespace
}  // namespace gibbs::nn
