#include "gibbs/optim/nadam.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

TEST(NAdam, TheFirstStepByHand) {
  // momentum_decay = 0: mu = beta1/2 = 0.45 at every step, so p_1 = 0.45, p_2 = 0.2025; m = 0.1 g, v / (1 - beta2) =
  // g^2.
  Parameter w(Tensor::of({1}, DType::float64));
  NAdam nadam({w}, {.learning_rate = 0.5, .epsilon = 1e-30, .momentum_decay = 0});
  set_gradient(w, Tensor::of({-3}, DType::float64));
  nadam.step();
  EXPECT_NEAR(w.value().item(), 1 + 0.5 * (0.45 * 0.1 / (1 - 0.2025) + 0.55 / (1 - 0.45)), 1e-14);
}

TEST(NAdam, NamesItsState) {
  SavedState state;
  NAdam({Parameter(Tensor::ones({1}))}).visit_state(state);
  EXPECT_THAT(state.names,
              ElementsAre("steps", "learning_rate", "0.steps", "0.product", "0.first_moment", "0.second_moment"));
}

TEST(NAdam, Errors) {
  const auto make = [](const NAdamOptions& o) { return [=] { NAdam({Parameter(Tensor::ones({1}))}, o); }; };
  EXPECT_THAT(make({.beta1 = 1}), ThrowsMessage<Error>(StrEq("NAdam: beta1 is 1; it must be in [0, 1)")));
  EXPECT_THAT(make({.beta2 = -1}), ThrowsMessage<Error>(StrEq("NAdam: beta2 is -1; it must be in [0, 1)")));
  EXPECT_THAT(make({.epsilon = -1}),
              ThrowsMessage<Error>(StrEq("NAdam: epsilon is -1; it must be finite and above 0")));
  EXPECT_THAT(make({.momentum_decay = -1}),
              ThrowsMessage<Error>(StrEq("NAdam: momentum_decay is -1; it must be finite and at least 0")));
}

}  // namespace
}  // namespace gibbs::optim
