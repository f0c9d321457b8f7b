// checkpoint around layers: dropout draws the same numbers, nothing is counted twice, and what it saves, in bytes.
#include "gibbs/autograd/checkpoint.h"

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::near;
using gibbs::testing::random;

/// Layers that are computed twice: the shortest way to checkpoint a part of a model.
class Twice : public Layer {
 public:
  explicit Twice(Sequential layers, bool twice = true) : layers_(std::move(layers)), twice_(twice) {}
  void visit(ModuleVisitor& visitor) override { visitor.child("layers", layers_); }
  std::string describe() const override { return "Twice"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Twice>(*this); }

 protected:
  Variable forward(const Variable& x) override {
    return twice_ ? checkpoint([this](const Variable& u) { return layers_(u); }, x) : layers_(x);
  }

 private:
  Sequential layers_;
  bool twice_;
};

Sequential article_convnet(bool twice) {
  Sequential model(Twice(Sequential(Conv2d({.in = 3, .out = 32, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}),
                                    Dropout({.rate = 0.5})),
                         twice),
                   Twice(Sequential(Conv2d({.in = 32, .out = 64, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}),
                                    Dropout({.rate = 0.5}), Flatten()),
                         twice),
                   Dense({.in = 2304, .out = 32}), ReLU(), Dropout({.rate = 0.5}), Dense({.in = 32, .out = 10}));
  initialize(model, 1);
  return model;
}

/// One training step; backward runs after the scope has ended.
std::vector<Tensor> gradients(Sequential& model, const ForwardOptions& options) {
  const Tensor x = kernels::normal({.seed = 4}, {8, 32, 32, 3});
  Variable loss;
  {
    const ForwardScope scope(options);
    const Variable first = model(x), second = model(x);  // the second call draws other masks
    loss = sum(first * second);
  }
  backward(loss);
  std::vector<Tensor> found = {loss.value()};
  for (const auto& [path, parameter] : parameters(model)) {
    found.push_back(parameter.gradient());
  }
  return found;
}

TEST(Checkpoint, OfTheConvNetWithDropoutHasTheSameBits) {
  const ForwardOptions options{.training = true, .seed = 3, .step = 5, .first_sample = 800};
  Sequential plain = article_convnet(false), twice = article_convnet(true);
  const std::vector<Tensor> expected = gradients(plain, options), found = gradients(twice, options);
  ASSERT_EQ(found.size(), 9);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(near(found[i], expected[i], 0)) << i;
  }
  Sequential other = article_convnet(true);
  EXPECT_FALSE(near(gradients(other, {.training = true, .seed = 4})[0], expected[0], 1e-3)) << "masks do matter";
}

TEST(Checkpoint, TellsObserversOnceAndKeepsLayersUnfused) {
  int calls = 0;
  const ForwardOptions options{
      .training = true, .observer = [&](const std::string&, Module&, const Variables&, const Variables&) { ++calls; }};
  Sequential plain = article_convnet(false), twice = article_convnet(true);
  const std::vector<Tensor> expected = gradients(plain, options);
  const int once = std::exchange(calls, 0);
  const std::vector<Tensor> found = gradients(twice, options);
  EXPECT_EQ(calls, once);
  EXPECT_TRUE(near(found[1], expected[1], 0));
}

TEST(Checkpoint, LeavesTheRunningScopeAsItIs) {
  Sequential model{Twice(Sequential(Dense({.in = 4, .out = 4}), Dropout({.rate = 0.5})))};
  initialize(model, 1);
  const Tensor x = Tensor::ones({64, 4});
  const auto second_call = [&](bool differentiate_between) {
    const ForwardScope scope({.training = true, .seed = 1});
    const Variable first = sum(model(x));
    if (differentiate_between) {
      backward(first);
    }
    return model(x).value();
  };
  EXPECT_TRUE(near(second_call(true), second_call(false), 0));
  EXPECT_FALSE(ForwardScope::current().training);
}

/// Bytes held between the passes, and at most during a step, beyond what is held before.
struct Held {
  std::size_t between, peak;
};

Held held_by_a_step(Sequential& model, const Tensor& x) {
  initialize(model, 1);
  const auto run = [&](const Tensor& batch) {
    const ForwardScope scope({.training = true});
    return sum(model(batch));
  };
  backward(run(kernels::slice(x, 0, 0, 2)));  // gradients have their memory
  const std::size_t before = memory::held_bytes();
  memory::reset_peak();
  const Variable loss = run(x);
  const std::size_t between = memory::held_bytes() - before;
  backward(loss);
  return {between, memory::peak_bytes() - before};
}

Held held_by_a_step_of_a_deep_mlp(bool twice) {
  constexpr std::int64_t kWidth = 64;
  Sequential model;
  for (int part = 0; part < 8; ++part) {
    Sequential layers;
    for (int layer = 0; layer < 8; ++layer) {
      layers.add(Dense({.in = kWidth, .out = kWidth})).add(ReLU());
    }
    model.add(Twice(std::move(layers), twice));
  }
  return held_by_a_step(model, Tensor::ones({1024, kWidth}));
}

TEST(Checkpoint, OfADeepNetworkHoldsTheInputsOfItsParts) {
  constexpr double kActivation = 1024 * 64 * sizeof(float);
  const Held plain = held_by_a_step_of_a_deep_mlp(false), twice = held_by_a_step_of_a_deep_mlp(true);
  // 64 layers: relu keeps its output, dense its input, which is the relu before it.
  EXPECT_NEAR(static_cast<double>(plain.between) / kActivation, 64, 0.1);
  // 8 parts keep their outputs, which are the next one's inputs.
  EXPECT_NEAR(static_cast<double>(twice.between) / kActivation, 8, 0.1);
  // On the way back, the 8 of the parts and the 8 of one part computed again, and five in flight.
  EXPECT_LT(static_cast<double>(twice.peak) / kActivation, 22);
  EXPECT_GT(static_cast<double>(plain.peak) / kActivation, 64);
}

Held held_by_a_step_of_residual_blocks(bool twice) {
  const auto convolution = [] { return Conv2d({.in = 8, .out = 8, .kernel = 3, .padding = 1, .bias = false}); };
  Sequential model;
  for (int block = 0; block < 16; ++block) {
    model.add(Twice(Sequential(Residual(Sequential(convolution(), BatchNorm({.features = 8}), ReLU(), convolution(),
                                                   BatchNorm({.features = 8}))),
                               ReLU()),
                    twice));
  }
  return held_by_a_step(model, kernels::normal({.seed = 2}, {16, 16, 16, 8}));
}

TEST(Checkpoint, ThroughResidualBlocksHalvesWhatIsHeld) {
  const Held plain = held_by_a_step_of_residual_blocks(false), twice = held_by_a_step_of_residual_blocks(true);
  EXPECT_LT(twice.between, plain.between / 2);
  EXPECT_LT(twice.peak, plain.peak / 2);
}

}  // namespace
}  // namespace gibbs::nn
