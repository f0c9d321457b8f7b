// What derives from visit: names, counts, cloning, conversion, freezing, the architecture's text.
#include "gibbs/nn/module.h"

#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/layers/dense.h"
#include "gibbs/nn/layers/flatten.h"
#include "gibbs/nn/sequential.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

template <class T>
std::vector<std::string> paths(const std::vector<Named<T>>& named) {
  std::vector<std::string> found;
  for (const auto& entry : named) {
    found.push_back(entry.path);
  }
  return found;
}

/// A running sum: a buffer that forward writes.
class RunningSum : public Layer {
 public:
  void visit(ModuleVisitor& visitor) override { visitor.buffer("sum", sum_); }
  std::string describe() const override { return "RunningSum"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<RunningSum>(*this); }

 protected:
  Variable forward(const Variable& x) override {
    sum_.mutable_value().fill(sum_.value().item() + x.value().at({0, 0}));
    return x;
  }

 private:
  Buffer sum_{Tensor::zeros({})};
};

struct ModuleTest : ::testing::Test {
  Dense shared{{.in = 2, .out = 2}};
  /// 0 and 1.1 are one layer.
  Sequential model = initialized(
      Sequential{shared, Sequential(ReLU(), shared, RunningSum()), Dense({.in = 2, .out = 3, .bias = false})}, 1);
};

TEST_F(ModuleTest, NamesArePathsInTheOrderOfVisit) {
  EXPECT_EQ(paths(named_parameters(model)),
            (std::vector<std::string>{"0.weight", "0.bias", "1.1.weight", "1.1.bias", "2.weight"}));
  EXPECT_EQ(paths(named_buffers(model)), (std::vector<std::string>{"1.2.sum"}));
  EXPECT_EQ(paths(named_modules(model)), (std::vector<std::string>{"", "0", "1", "1.0", "1.1", "1.2", "2"}));
}

TEST_F(ModuleTest, TiesCountOnceUnderTheirFirstPath) {
  EXPECT_EQ(paths(parameters(model)), (std::vector<std::string>{"0.weight", "0.bias", "2.weight"}));
  EXPECT_EQ(parameter_count(model), 4 + 2 + 6);
}

TEST_F(ModuleTest, TheArchitectureIsOneLinePerLayer) {
  EXPECT_EQ(architecture_text(model),
            "0: Dense(2 -> 2)\n1.0: ReLU\n1.1: Dense(2 -> 2)\n1.2: RunningSum\n2: Dense(2 -> 3, no bias)\n");
}

TEST_F(ModuleTest, ACloneIsIndependentAndKeepsTies) {
  const Tensor x = Tensor::of({{1, 2}});
  parameters(model)[1].item.set_frozen(true);
  const std::vector<double> before = model(x).value().to_vector();
  const std::unique_ptr<Sequential> copy = clone(model);
  EXPECT_EQ((*copy)(x).value().to_vector(), before);
  const std::vector<Named<Parameter>> theirs = parameters(*copy), ours = parameters(model);
  ASSERT_EQ(theirs.size(), 3);
  EXPECT_FALSE(theirs[0].item.same_as(ours[0].item));
  EXPECT_TRUE(theirs[1].item.frozen());

  Parameter(theirs[0].item).mutable_value().fill(5);
  EXPECT_EQ(model(x).value().to_vector(), before);
  EXPECT_NE((*copy)(x).value().to_vector(), before);
  EXPECT_TRUE(named_parameters(*copy)[2].item.same_as(theirs[0].item)) << "the tie";
  const double sum = named_buffers(model)[0].item.value().item();
  (*copy)(Tensor::of({{100, 2}}));
  EXPECT_EQ(named_buffers(model)[0].item.value().item(), sum);
  EXPECT_FALSE(named_buffers(model)[0].item.value().shares_storage_with(named_buffers(*copy)[0].item.value()));
}

TEST_F(ModuleTest, ToConvertsParametersAndFloatBuffersAndKeepsTies) {
  to(model, DType::float64);
  for (const Named<Parameter>& named : named_parameters(model)) {
    EXPECT_EQ(named.item.dtype(), DType::float64) << named.path;
  }
  EXPECT_EQ(named_buffers(model)[0].item.value().dtype(), DType::float64);
  EXPECT_EQ(parameters(model).size(), 3);
  EXPECT_EQ(model(Tensor::ones({1, 2}, DType::float64)).dtype(), DType::float64);
  EXPECT_EQ(error_of([&] { to(model, DType::int64); }), "to: modules are float32 or float64, not int64");
}

TEST_F(ModuleTest, FrozenParametersAreConstants) {
  set_frozen(model, true);
  EXPECT_FALSE(model(Tensor::ones({1, 2})).traced());
  set_frozen(model, false);
  const Variable y = model(Tensor::ones({1, 2}));
  EXPECT_TRUE(y.traced());
  set_frozen(model[0], true);
  backward(y, Tensor::ones({1, 3}));  // what was recorded before freezing keeps its gradients
  EXPECT_TRUE(parameters(model)[0].item.gradient().defined());
}

TEST_F(ModuleTest, AreFrozenByPath) {
  EXPECT_EQ(set_frozen(model, "1", true), 2) << "weight and bias of the shared layer";
  EXPECT_TRUE(parameters(model)[0].item.frozen());
  EXPECT_FALSE(parameters(model)[2].item.frozen());
  EXPECT_EQ(set_frozen(model, "1.1.weight", false), 1);
  EXPECT_FALSE(parameters(model)[0].item.frozen());
  EXPECT_TRUE(parameters(model)[1].item.frozen());
  EXPECT_EQ(set_frozen(model, "", true), 3) << "the model itself";
  const char* const message = "; there are 0.weight, 0.bias, 1.1.weight, 1.1.bias, 2.weight";
  EXPECT_EQ(error_of([&] { set_frozen(model, "2.w", true); }),
            std::string("set_frozen: no parameter is at or below '2.w'") + message);
  EXPECT_EQ(error_of([&] { set_frozen(model, "1.0", true); }),
            std::string("set_frozen: no parameter is at or below '1.0'") + message);
}

TEST_F(ModuleTest, AFrozenPathGetsNoGradientWhileOthersDo) {
  set_frozen(model, "0", true);
  backward(model(Tensor::ones({1, 2})), Tensor::ones({1, 3}));
  EXPECT_FALSE(parameters(model)[0].item.gradient().defined());
  EXPECT_TRUE(parameters(model)[2].item.gradient().defined());
}

TEST_F(ModuleTest, CopiesShareParameters) {
  Sequential copy = model;
  EXPECT_TRUE(parameters(copy)[0].item.same_as(parameters(model)[0].item));
}

}  // namespace
}  // namespace gibbs::nn
