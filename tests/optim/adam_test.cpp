#include "gibbs/optim/adam.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/tensor/random.h"
#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::StrEq;

/// Adam as the papers write it, one weight at a time: moments as explicit weighted sums over all past gradients.
double adam_weight(double w, const std::vector<double>& g, const AdamWOptions& o) {
  for (std::size_t t = 1; t <= g.size(); ++t) {
    double m = 0, v = 0;
    for (std::size_t s = 1; s <= t; ++s) {
      m += (1 - o.beta1) * std::pow(o.beta1, static_cast<double>(t - s)) * g[s - 1];
      v += (1 - o.beta2) * std::pow(o.beta2, static_cast<double>(t - s)) * g[s - 1] * g[s - 1];
    }
    const double c1 = 1 - std::pow(o.beta1, static_cast<double>(t)), c2 = 1 - std::pow(o.beta2, static_cast<double>(t));
    w -= o.learning_rate * o.weight_decay * w;
    if (o.epsilon_mode == EpsilonMode::bias_corrected) {
      w -= o.learning_rate * (m / c1) / (std::sqrt(v / c2) + o.epsilon);
    } else {
      w -= o.learning_rate * std::sqrt(1 - std::pow(o.beta2, static_cast<double>(t))) / c1 * m /
           (std::sqrt(v) + o.epsilon);
    }
  }
  return w;
}

class AdamAgainstFloat64 : public ::testing::TestWithParam<std::tuple<EpsilonMode, double, DType>> {};

TEST_P(AdamAgainstFloat64, ManySteps) {
  const auto [mode, decay, dtype] = GetParam();
  // A large epsilon, so that where it stands shows in every digit.
  const AdamWOptions options = {.learning_rate = 0.02, .epsilon = 0.01, .epsilon_mode = mode, .weight_decay = decay};
  const std::int64_t n = 37;
  Rng rng(7);
  const Tensor start = rng.normal({n}, 0, 1, dtype);
  Parameter w(start.clone());
  AdamW adam({w}, options);
  std::vector<std::vector<double>> seen(n);
  for (int t = 0; t < 25; ++t) {
    const Tensor g = rng.normal({n}, 0, t < 10 ? 1 : 0.01, dtype);
    for (std::int64_t i = 0; i < n; ++i) {
      seen[i].push_back(g.at({i}));
    }
    set_gradient(w, g);
    adam.step();
  }
  for (std::int64_t i = 0; i < n; ++i) {
    EXPECT_NEAR(w.value().at({i}), adam_weight(start.at({i}), seen[i], options),
                dtype == DType::float64 ? 1e-13 : 2e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, AdamAgainstFloat64,
                         ::testing::Combine(::testing::Values(EpsilonMode::bias_corrected, EpsilonMode::keras),
                                            ::testing::Values(0.0, 0.1),
                                            ::testing::Values(DType::float32, DType::float64)));

/// The first step of a weight at 0 under gradient g.
double first_step(double g, const AdamOptions& options) {
  Parameter w(Tensor::of({0}, DType::float64));
  Adam adam({w}, options);
  set_gradient(w, Tensor::of({g}, DType::float64));
  adam.step();
  return w.value().item();
}

TEST(Adam, FirstStepIsTheRateAgainstTheSign) {
  // m / c1 = g and sqrt(v / c2) = |g|, so only epsilon keeps the step from being the rate exactly.
  EXPECT_NEAR(first_step(3, {.learning_rate = 0.5}), -0.5 * 3 / (3 + 1e-7), 1e-15);
  EXPECT_NEAR(first_step(-1e-3, {.learning_rate = 0.5}), 0.5 * 1e-3 / (1e-3 + 1e-7), 1e-15);
  EXPECT_EQ(first_step(0, {}), 0);
  // Keras: sqrt(v) is sqrt(1 - beta2) |g|, beside the same epsilon.
  EXPECT_NEAR(first_step(-1e-6, {.learning_rate = 0.5, .epsilon_mode = EpsilonMode::keras}),
              0.5 * 1e-6 / (1e-6 + 1e-7 / std::sqrt(0.001)), 1e-13);
}

TEST(Adam, StepsOfAParameterCountFromItsOwnFirst) {
  Parameter early(Tensor::of({0}, DType::float64)), late(Tensor::of({0}, DType::float64));
  Adam adam({early, late}, {.learning_rate = 0.5});
  for (int i = 0; i < 50; ++i) {
    set_gradient(early, Tensor::of({1}, DType::float64));
    adam.step();
  }
  set_gradient(late, Tensor::of({1}, DType::float64));
  adam.step();
  EXPECT_NEAR(late.value().item(), -0.5, 1e-6);
}

TEST(AdamW, DecayDoesNotTouchTheMoments) {
  Parameter w(Tensor::of({8}, DType::float64));
  AdamW adam({w}, {.learning_rate = 0.1, .weight_decay = 0.5});
  set_gradient(w, Tensor::of({0}, DType::float64));
  adam.step();
  EXPECT_DOUBLE_EQ(w.value().item(), 8 * 0.95);
}

TEST(Adam, NamesItsState) {
  SavedState state;
  Adam({Parameter(Tensor::ones({1})), Parameter(Tensor::ones({2}))}).visit_state(state);
  EXPECT_THAT(state.names, ElementsAre("steps", "learning_rate", "0.steps", "0.first_moment", "0.second_moment",
                                       "1.steps", "1.first_moment", "1.second_moment"));
}

TEST(Adam, ErrorsOfOptions) {
  const auto make = [](const AdamWOptions& options) { return [=] { AdamW({Parameter(Tensor::ones({1}))}, options); }; };
  EXPECT_THAT(make({.beta1 = 1}), ::testing::ThrowsMessage<Error>(StrEq("AdamW: beta1 is 1; it must be in [0, 1)")));
  EXPECT_THAT(make({.beta2 = -0.5}),
              ::testing::ThrowsMessage<Error>(StrEq("AdamW: beta2 is -0.5; it must be in [0, 1)")));
  EXPECT_THAT(make({.epsilon = 0}),
              ::testing::ThrowsMessage<Error>(StrEq("AdamW: epsilon is 0; it must be finite and above 0")));
  EXPECT_THAT(make({.weight_decay = -1}),
              ::testing::ThrowsMessage<Error>(StrEq("AdamW: weight_decay is -1; it must be finite and at least 0")));
}

TEST(Adam, SquaresMustBeInRange) {
  // As in PyTorch: v overflows, and the weight stands still from then on. Shortened, it goes on.
  Parameter w(Tensor::of({1, 1, 1}));
  Adam adam({w}, {.learning_rate = 0.1});
  set_gradient(w, Tensor::of({1e25, 1e-25, 1e18}));
  adam.step();
  EXPECT_EQ(w.value().at({0}), 1);
  EXPECT_EQ(w.value().at({1}), 1);
  EXPECT_NEAR(w.value().at({2}), 0.9, 1e-6);
  set_gradient(w, Tensor::of({1, 1, 1}));
  adam.step();
  EXPECT_EQ(w.value().at({0}), 1);
  EXPECT_LT(w.value().at({1}), 0.95);
}

TEST(Adam, AnEpsilonThatIsZeroInFloat32IsRefused) {
  const auto make = [](DType dtype) { Adam({Parameter(Tensor::ones({1}, dtype))}, {.epsilon = 1e-50}); };
  EXPECT_NO_THROW(make(DType::float64));
  EXPECT_THAT([&] { make(DType::float32); },
              ::testing::ThrowsMessage<Error>(StrEq(
                  "Adam: epsilon is 1e-50, which is 0 in float32, the dtype of parameter '0'; 0 / 0 would make NaN of "
                  "weights whose gradient is 0")));
}

}  // namespace
}  // namespace gibbs::optim
