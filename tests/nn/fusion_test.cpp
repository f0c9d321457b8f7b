// Fused and plain layers must be the same function: values, gradients and second derivatives; and fusion must step
// aside where somebody looks at the layers inside.
#include "gibbs/nn/fusion.h"

#include <gtest/gtest.h>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/autograd/node.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv_block.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/nn.h"
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

}  // namespace
}  // namespace gibbs::nn
