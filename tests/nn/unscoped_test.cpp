// A layer that behaves differently in training, called outside of any ForwardScope: the model may be used, and
// gradients of it are refused. Whoever says what is meant, or wants no gradients, sees nothing of this.
#include "gibbs/autograd/checkpoint.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

const char* const kMessage =
    "grad: Dropout(0.5) ran outside of any ForwardScope, and it computes something else in training. For training "
    "write `nn::TrainingLoop loop({.seed = 0});` before the loop and `const nn::ForwardScope scope = loop.next(rows);` "
    "in every step; for gradients in evaluation (a saliency map) write `const nn::ForwardScope scope({});` before the "
    "model is called";

struct Unscoped : ::testing::Test {
  Unscoped() { initialize(model, 1); }

  const Tensor x = Tensor::ones({2, 3});
  Sequential model{Dense({.in = 3, .out = 4}), Dropout({.rate = 0.5}), Dense({.in = 4, .out = 1})};
};

TEST_F(Unscoped, GradientsAreRefused) {
  EXPECT_EQ(error_of([&] { backward(sum(model(x))); }), kMessage);
  const Variable leaf = Variable::leaf(x);
  EXPECT_EQ(error_of([&] { grad(sum(model(leaf)), {leaf}); }), kMessage);
}

TEST_F(Unscoped, AlsoWhereTheLayersOwnInputIsConstant) {
  Sequential first{Dropout({.rate = 0.5}), Dense({.in = 3, .out = 1})};
  initialize(first, 1);
  EXPECT_EQ(error_of([&] { backward(sum(first(x))); }), kMessage);
}

TEST_F(Unscoped, AlsoInsideOfACheckpointAndAroundOne) {
  const Variable leaf = Variable::leaf(x);
  EXPECT_EQ(error_of([&] { backward(sum(checkpoint([&](const Variables& in) { return model(in[0]); }, {leaf}))); }),
            kMessage);
  EXPECT_EQ(error_of([&] { backward(sum(checkpoint([&](const Variables& in) { return model(in[0]); }, {x}))); }),
            kMessage);
}

TEST_F(Unscoped, InferenceIsAsEver) {
  const Variable y = model(x);
  const ForwardScope scope({});
  EXPECT_EQ(y.value().to_vector(), model(x).value().to_vector());
}

TEST_F(Unscoped, AScopeSaysWhatIsMeant) {
  EXPECT_EQ(error_of([&] {
              const ForwardScope scope({});
              backward(sum(model(x)));
            }),
            "");
  TrainingLoop loop;
  EXPECT_EQ(error_of([&] {
              const ForwardScope scope = loop.next(2);
              backward(sum(model(x)));
            }),
            "");
}

TEST_F(Unscoped, WithoutATapeNothingIsNoted) {
  const NoTape no_tape;
  EXPECT_FALSE(model(x).traced());
}

TEST_F(Unscoped, AFrozenModelIsAConstant) {
  set_frozen(model, true);
  EXPECT_FALSE(model(x).traced());
  Dense head({.in = 1, .out = 1});
  initialize(head, 1);
  EXPECT_EQ(error_of([&] { backward(sum(head(model(x)))); }), "");
}

TEST_F(Unscoped, LayersThatNeverDifferAreNotMeant) {
  Sequential none{Dense({.in = 3, .out = 4}), Dropout({.rate = 0})};
  initialize(none, 1);
  EXPECT_EQ(error_of([&] { backward(sum(none(x))); }), "");
}

TEST_F(Unscoped, ChecksOfGradientsHaveAScopeOfTheirOwn) {
  to(model, DType::float64);
  const GradcheckReport report = gradcheck(model, Tensor::of({{1, 2, 3}}, DType::float64));
  EXPECT_TRUE(report) << report.message;
}

/// Two outputs: x w, and w, which does not pass through the layer that asks.
class Pair : public Module {
 public:
  Variables operator()(const Variable& x) {
    return run([&] { return Variables{dropout_(x) * w_, w_ * 2.0, x}; }, x);
  }
  void visit(ModuleVisitor& visitor) override {
    visitor.parameter("w", w_);
    visitor.child("dropout", dropout_);
  }
  std::string describe() const override { return "Pair"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Pair>(*this); }

 private:
  Parameter w_ = Parameter(Tensor::ones({}));
  Dropout dropout_ = Dropout({.rate = 0.5});
};

TEST_F(Unscoped, EveryOutputOfTheModelIsMeant) {
  Pair pair;
  const Variables y = pair(x);
  EXPECT_EQ(error_of([&] { backward(sum(y[0])); }), kMessage);
  EXPECT_EQ(error_of([&] { backward(sum(y[1])); }), kMessage);
  EXPECT_FALSE(y[2].traced());
}

TEST_F(Unscoped, OptionsBelongToARunningModule) {
  EXPECT_EQ(error_of([] { forward_options(); }),
            "forward_options: no module is running; call it inside a module's forward, or read "
            "ForwardScope::current()");
}

}  // namespace
}  // namespace gibbs::nn
