#include "gibbs/optim/lion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsNan;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

TEST(Lion, StepsAreTheRateWhateverTheGradient) {
  Parameter w(Tensor::of({0, 0, 0, 0}, DType::float64));
  Lion lion({w}, {.learning_rate = 0.25});
  set_gradient(w, Tensor::of({1e-200, -3, 0, NAN}, DType::float64));
  lion.step();
  EXPECT_THAT(w.value().to_vector(), ElementsAre(-0.25, 0.25, 0, IsNan()));
}

TEST(Lion, TheMomentumOfTheStepIsShorterThanTheOneThatIsKept) {
  // m = 0.01 after g = 1. Then 0.9 m + 0.1 g changes its sign at g = -0.09, and 0.99 m + 0.01 g, which is kept, at
  // -0.99.
  for (const double g : {-0.089, -0.091}) {
    Parameter w(Tensor::of({0}, DType::float64));
    Lion lion({w}, {.learning_rate = 1});
    for (const double gradient : {1.0, g}) {
      set_gradient(w, Tensor::of({gradient}, DType::float64));
      lion.step();
    }
    EXPECT_EQ(w.value().item(), g > -0.09 ? -2 : 0) << g;
  }
}

TEST(Lion, WeightDecayIsDecoupled) {
  Parameter w(Tensor::of({8}, DType::float64));
  Lion lion({w}, {.learning_rate = 0.1, .weight_decay = 0.5});
  set_gradient(w, Tensor::of({-1}, DType::float64));
  lion.step();
  EXPECT_THAT(w.value().item(), DoubleEq(8 * 0.95 + 0.1));
}

TEST(Lion, NamesItsStateAndRefusesWrongOptions) {
  SavedState state;
  Lion({Parameter(Tensor::ones({1}))}).visit_state(state);
  EXPECT_THAT(state.names, ElementsAre("steps", "learning_rate", "0.first_moment"));
  const auto make = [](const LionOptions& o) { return [=] { Lion({Parameter(Tensor::ones({1}))}, o); }; };
  EXPECT_THAT(make({.beta1 = 1}), ThrowsMessage<Error>(StrEq("Lion: beta1 is 1; it must be in [0, 1)")));
  EXPECT_THAT(make({.beta2 = 2}), ThrowsMessage<Error>(StrEq("Lion: beta2 is 2; it must be in [0, 1)")));
}

}  // namespace
}  // namespace gibbs::optim
