// Values are those of PyTorch (golden_test.cpp); here is what PyTorch does not say.
#include "gibbs/optim/rmsprop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

TEST(RMSprop, AVarianceThatRoundsBelowZeroIsZero) {
  // After many equal gradients mean square and squared mean agree up to rounding, of either sign.
  Parameter w(Tensor::of({1, 1, 1, 1}));
  RMSprop rmsprop({w}, {.learning_rate = 1e-12, .alpha = 0.5, .epsilon = 1, .centered = true});
  for (int i = 0; i < 100; ++i) {
    set_gradient(w, Tensor::of({0.1, 0.7, 1.3, 1e-3}));
    rmsprop.step();
  }
  for (const double value : w.value().to_vector()) {
    EXPECT_NEAR(value, 1, 1e-6);  // false for NaN
  }
}

TEST(RMSprop, KeepsWhatItsKindNeeds) {
  const auto names = [](const RMSpropOptions& options) {
    SavedState state;
    RMSprop({Parameter(Tensor::ones({1}))}, options).visit_state(state);
    return state.names;
  };
  EXPECT_THAT(names({}), ElementsAre("steps", "learning_rate", "0.mean_square"));
  EXPECT_THAT(names({.momentum = 0.5}), ElementsAre("steps", "learning_rate", "0.mean_square", "0.velocity"));
  EXPECT_THAT(names({.centered = true}),
              ElementsAre("steps", "learning_rate", "0.mean_square", "0.velocity", "0.mean_gradient"));
}

TEST(RMSprop, Errors) {
  const auto make = [](const RMSpropOptions& o) { return [=] { RMSprop({Parameter(Tensor::ones({1}))}, o); }; };
  EXPECT_THAT(make({.alpha = 1}), ThrowsMessage<Error>(StrEq("RMSprop: alpha is 1; it must be in [0, 1)")));
  EXPECT_THAT(make({.epsilon = 0}),
              ThrowsMessage<Error>(StrEq("RMSprop: epsilon is 0; it must be finite and above 0")));
  EXPECT_THAT(make({.momentum = NAN}), ThrowsMessage<Error>(StrEq("RMSprop: momentum is nan; it must be in [0, 1)")));
  EXPECT_THAT(make({.weight_decay = -1}),
              ThrowsMessage<Error>(StrEq("RMSprop: weight_decay is -1; it must be finite and at least 0")));
}

}  // namespace
}  // namespace gibbs::optim
