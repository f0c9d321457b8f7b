#include "gibbs/optim/adagrad.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

TEST(Adagrad, StepsOfEqualGradientsFallWithTheRootOfTheirNumber) {
  Parameter w(Tensor::of({0}, DType::float64));
  Adagrad adagrad({w}, {.learning_rate = 1, .lr_decay = 0.5});
  double expected = 0;
  for (int t = 1; t <= 9; ++t) {
    set_gradient(w, Tensor::of({-7}, DType::float64));
    adagrad.step();
    expected += 1 / std::sqrt(t) / (1 + (t - 1) * 0.5);
    EXPECT_NEAR(w.value().item(), expected, 1e-9);
  }
}

TEST(Adagrad, NamesItsState) {
  SavedState state;
  Adagrad({Parameter(Tensor::ones({1}))}).visit_state(state);
  EXPECT_THAT(state.names, ElementsAre("steps", "learning_rate", "0.steps", "0.sum_of_squares"));
}

TEST(Adagrad, Errors) {
  const auto make = [](const AdagradOptions& o) { return [=] { Adagrad({Parameter(Tensor::ones({1}))}, o); }; };
  EXPECT_THAT(make({.lr_decay = -0.5}),
              ThrowsMessage<Error>(StrEq("Adagrad: lr_decay is -0.5; it must be finite and at least 0")));
  EXPECT_THAT(
      make({.initial_accumulator_value = INFINITY}),
      ThrowsMessage<Error>(StrEq("Adagrad: initial_accumulator_value is inf; it must be finite and at least 0")));
  EXPECT_THAT(
      make({.epsilon = 1e-50}),
      ThrowsMessage<Error>(StrEq("Adagrad: epsilon is 1e-50, which is 0 in float32, the dtype of parameter '0'; "
                                 "0 / 0 would make NaN of weights whose gradient is 0")));
}

}  // namespace
}  // namespace gibbs::optim
