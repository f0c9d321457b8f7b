// Logits or probabilities: what is taken for which, and that softmax is applied once, never twice.
#include "gibbs/train/outputs.h"

#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/nn/nn.h"

namespace gibbs::train {
namespace {

Outputs found(nn::Layer& model) { return resolved(Outputs::automatic, model); }

/// A class of a user's own, into which nobody can look.
class SoftmaxInside : public nn::Layer {
 public:
  std::string describe() const override { return "SoftmaxInside"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<SoftmaxInside>(*this); }

 protected:
  Variable forward(const Variable& x) override { return softmax(x); }
};

TEST(Outputs, AreProbabilitiesWhenTheLastLayerMakesThem) {
  const nn::Dense dense = nn::initialized(nn::Dense({.in = 2, .out = 2}), 0);
  nn::Sequential softmax{dense, nn::Softmax()}, sigmoid{dense, nn::Sigmoid()};
  nn::Sequential nested{dense, nn::Sequential{nn::ReLU(), nn::Softmax()}};
  nn::Sequential followed{dense, nn::Softmax(), nn::Flatten(), nn::Dropout({.rate = 0.5})};
  nn::Softmax alone;
  for (nn::Layer* model : std::initializer_list<nn::Layer*>{&softmax, &sigmoid, &nested, &followed, &alone}) {
    EXPECT_EQ(found(*model), Outputs::probabilities) << model->describe();
  }
}

TEST(Outputs, AreLogitsOtherwise) {
  const nn::Dense dense = nn::initialized(nn::Dense({.in = 2, .out = 2}), 0);
  nn::Sequential plain{dense}, before{nn::Softmax(), dense}, empty, rectified{nn::Softmax(), nn::ReLU()};
  SoftmaxInside unknown;
  for (nn::Layer* model : std::initializer_list<nn::Layer*>{&plain, &before, &empty, &rectified, &unknown}) {
    EXPECT_EQ(found(*model), Outputs::logits) << model->describe();
  }
}

TEST(Outputs, AreWhatTheCallerSays) {
  nn::Softmax model;
  EXPECT_EQ(resolved(Outputs::logits, model), Outputs::logits);
  SoftmaxInside unknown;
  EXPECT_EQ(resolved(Outputs::probabilities, unknown), Outputs::probabilities);
}

TEST(Outputs, BecomeProbabilitiesOnce) {
  nn::Softmax ends;
  SoftmaxInside unknown;
  const Tensor p = Tensor::of({{0.25, 0.75}}, DType::float64);
  EXPECT_EQ(probabilities(p, Outputs::automatic, ends).to_vector(), p.to_vector());
  EXPECT_EQ(probabilities(p, Outputs::probabilities, unknown).to_vector(), p.to_vector());
  const double likely = 1 / (1 + std::exp(-0.5));
  EXPECT_NEAR(probabilities(p, Outputs::automatic, unknown).at({0, 1}), likely, 1e-15);
  EXPECT_NEAR(probabilities(p, Outputs::logits, ends).at({0, 1}), likely, 1e-15);
}

}  // namespace
}  // namespace gibbs::train
