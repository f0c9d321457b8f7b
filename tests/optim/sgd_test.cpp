#include "gibbs/optim/sgd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::StrEq;

const std::vector<double> kGradients = {0.5, -1, 2, 0.25, 0};

/// The values of one weight that starts at 1 and sees kGradients.
std::vector<double> path(const SGDOptions& options) {
  Parameter w(Tensor::of({1}, DType::float64));
  SGD sgd({w}, options);
  std::vector<double> values;
  for (double g : kGradients) {
    set_gradient(w, Tensor::of({g}, DType::float64));
    sgd.step();
    values.push_back(w.value().item());
  }
  return values;
}

TEST(SGD, WalksAgainstTheGradient) {
  EXPECT_THAT(path({.learning_rate = 0.1}),
              ElementsAre(DoubleEq(.95), DoubleEq(1.05), DoubleEq(.85), DoubleEq(.825), DoubleEq(.825)));
}

// Written from the sums that the recursions stand for, without a velocity.
TEST(SGD, MomentumSumsPastGradientsGeometrically) {
  for (const bool nesterov : {false, true}) {
    const double mu = 0.9, rate = 0.1;
    const auto velocity = [&](std::size_t t) {
      double total = 0;
      for (std::size_t s = 0; s <= t; ++s) {
        total += std::pow(mu, static_cast<double>(t - s)) * kGradients[s];
      }
      return total;
    };
    std::vector<double> expected;
    double w = 1;
    for (std::size_t t = 0; t < kGradients.size(); ++t) {
      w -= rate * (nesterov ? kGradients[t] + mu * velocity(t) : velocity(t));
      expected.push_back(w);
    }
    EXPECT_THAT(path({.learning_rate = rate, .momentum = mu, .nesterov = nesterov}),
                ::testing::Pointwise(::testing::DoubleNear(1e-14), expected));
  }
}

TEST(SGD, WeightDecayIsTheGradientOfTheSquaredNorm) {
  for (const double momentum : {0.0, 0.9}) {
    Parameter w(Tensor::of({2, -4}, DType::float64));
    SGD sgd({w}, {.learning_rate = 0.1, .momentum = momentum, .weight_decay = 0.5});
    set_gradient(w, Tensor::of({0, 1}, DType::float64));
    sgd.step();
    EXPECT_THAT(w.value().to_vector(), ElementsAre(DoubleEq(1.9), DoubleEq(-3.9)));
  }
}

TEST(SGD, KeepsAVelocityOnlyWithMomentum) {
  const Parameter w(Tensor::of({1}));
  SavedState plain, with_momentum, dampened;
  SGD({w}).visit_state(plain);
  SGD({w}, {.momentum = 0.5}).visit_state(with_momentum);
  SGD({w}, {.momentum = 0.5, .dampening = 0.5}).visit_state(dampened);
  EXPECT_THAT(dampened.names, ElementsAre("steps", "learning_rate", "0.steps", "0.velocity"));
  EXPECT_THAT(plain.names, ElementsAre("steps", "learning_rate"));
  EXPECT_THAT(with_momentum.names, ElementsAre("steps", "learning_rate", "0.velocity"));
}

TEST(SGD, ErrorsOfOptions) {
  const auto make = [](const SGDOptions& options) { return [=] { SGD({Parameter(Tensor::ones({1}))}, options); }; };
  EXPECT_THAT(make({.momentum = 1}),
              ::testing::ThrowsMessage<Error>(StrEq("SGD: momentum is 1; it must be in [0, 1)")));
  EXPECT_THAT(make({.weight_decay = -0.5}),
              ::testing::ThrowsMessage<Error>(StrEq("SGD: weight_decay is -0.5; it must be finite and at least 0")));
  EXPECT_THAT(make({.nesterov = true}),
              ::testing::ThrowsMessage<Error>(StrEq("SGD: nesterov needs a momentum above 0")));
  EXPECT_THAT(make({.momentum = 0.5, .dampening = 2}),
              ::testing::ThrowsMessage<Error>(StrEq("SGD: dampening is 2; it must be in [0, 1]")));
  EXPECT_THAT(make({.dampening = 0.5}),
              ::testing::ThrowsMessage<Error>(StrEq("SGD: dampening needs a momentum above 0")));
  EXPECT_THAT(make({.momentum = 0.5, .dampening = 0.5, .nesterov = true}),
              ::testing::ThrowsMessage<Error>(StrEq("SGD: nesterov goes without dampening; leave one of them out")));
}

}  // namespace
}  // namespace gibbs::optim
