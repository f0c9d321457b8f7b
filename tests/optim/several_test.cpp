#include "gibbs/optim/several.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/optim/adam.h"
#include "gibbs/optim/sgd.h"
#include "gibbs/tensor/random.h"
#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;

/// Two weights, each with a method of its own.
struct TwoMethods {
  Parameter a{Tensor::of({1, -2, 0.5})}, b{Tensor::of({3, 1})};
  SGD sgd{std::vector<Named<Parameter>>{{"0.weight", a}}, {.learning_rate = 0.1, .momentum = 0.9}};
  AdamW adamw{std::vector<Named<Parameter>>{{"1.weight", b}}, {.learning_rate = 0.02}};

  void set_gradients(std::uint64_t seed) {
    Rng rng(seed);
    set_gradient(a, rng.normal({3}, 0, 1));
    set_gradient(b, rng.normal({2}, 0, 1));
  }
  std::vector<std::vector<double>> values() const { return {a.value().to_vector(), b.value().to_vector()}; }
};

TEST(Several, StepsEachAsItWouldStepAlone) {
  TwoMethods together, apart;
  Several several({&together.sgd, &together.adamw});
  EXPECT_EQ(several.learning_rate(), 1);
  for (int t = 0; t < 5; ++t) {
    if (t == 2) {
      several.set_learning_rate(0.5);
      apart.sgd.set_learning_rate(0.1 * 0.5);
      apart.adamw.set_learning_rate(0.02 * 0.5);
    }
    together.set_gradients(static_cast<std::uint64_t>(t));
    apart.set_gradients(static_cast<std::uint64_t>(t));
    several.step();
    apart.sgd.step();
    apart.adamw.step();
    ASSERT_EQ(together.values(), apart.values()) << "step " << t;
  }
  EXPECT_EQ(several.steps(), 5);
  EXPECT_EQ(several.learning_rate(), 0.5);
  several.clear_gradients();
  EXPECT_FALSE(together.a.gradient().defined());
  EXPECT_FALSE(together.b.gradient().defined());
}

TEST(Several, ScalesTheRatesThatItsOptimizersWereMadeWith) {
  TwoMethods pair;
  pair.sgd.set_learning_rate(7);
  Several several({&pair.sgd, &pair.adamw});
  EXPECT_EQ(pair.sgd.learning_rate(), 0.1);
  several.set_learning_rate(0.25);
  several.set_learning_rate(0.5);
  EXPECT_EQ(pair.sgd.learning_rate(), 0.1 * 0.5);
  EXPECT_EQ(pair.adamw.learning_rate(), 0.02 * 0.5);
}

TEST(Several, RestoredStateGoesOnWithTheSameBits) {
  TwoMethods straight, before;
  Several first({&straight.sgd, &straight.adamw}), saved({&before.sgd, &before.adamw});
  for (auto [pair, several] : {std::pair(&straight, &first), {&before, &saved}}) {
    pair->set_gradients(1);
    several->step();
    several->set_learning_rate(0.25);
  }
  SavedState state;
  saved.visit_state(state);
  EXPECT_THAT(state.names, ElementsAre("steps", "learning_rate", "0/steps", "0/learning_rate", "0/0.weight.velocity",
                                       "1/steps", "1/learning_rate", "1/1.weight.steps", "1/1.weight.first_moment",
                                       "1/1.weight.second_moment"));
  TwoMethods after;
  after.a.mutable_value().copy_from(before.a.value());
  after.b.mutable_value().copy_from(before.b.value());
  Several resumed({&after.sgd, &after.adamw});
  state.loading = true;
  resumed.visit_state(state);
  EXPECT_EQ(resumed.steps(), 1);
  EXPECT_EQ(after.adamw.learning_rate(), 0.02 * 0.25);
  for (auto [pair, several] : {std::pair(&straight, &first), {&after, &resumed}}) {
    pair->set_gradients(2);
    several->step();
  }
  EXPECT_EQ(straight.values(), after.values());
}

TEST(Several, ItsSettingsAreThoseOfAll) {
  TwoMethods pair;
  const RunSettings settings = Several({&pair.sgd, &pair.adamw}).settings();
  std::vector<std::string> names;
  for (const auto& [name, value] : settings) {
    names.push_back(name + "=" + value);
  }
  EXPECT_THAT(names, ElementsAre("optimizer=Several", "optimizer's learning rate=1", "0/optimizer=SGD",
                                 "0/optimizer's learning rate=0.1", "0/weight decay=0", "0/momentum=0.9",
                                 "0/dampening=0", "0/nesterov=off", "0/maximize=off", "1/optimizer=AdamW",
                                 "1/optimizer's learning rate=0.02", "1/weight decay=0.01", "1/beta1=0.9",
                                 "1/beta2=0.999", "1/epsilon=1e-07", "1/epsilon mode=bias_corrected",
                                 "1/decoupled weight decay=on", "1/amsgrad=off", "1/maximize=off"));
}

TEST(Several, AChangedParameterStopsTheStepOfAll) {
  TwoMethods pair;
  Several several({&pair.sgd, &pair.adamw});
  pair.set_gradients(1);
  pair.b.replace(Tensor::ones({4}));
  EXPECT_THAT([&] { several.step(); },
              ::testing::ThrowsMessage<Error>(StrEq("Several: parameter '1.weight' was float32 [2] and is now float32 "
                                                    "[4]; make a new optimizer after replacing parameters")));
  EXPECT_THAT(pair.a.value().to_vector(), ElementsAre(1, -2, 0.5));
}

TEST(Several, Errors) {
  TwoMethods pair;
  Adam both(std::vector<Named<Parameter>>{{"1.weight", pair.b}, {"0.weight", pair.a}});
  EXPECT_THAT(
      [&] {
        Several({&pair.sgd, &pair.adamw, &both});
      },
      ::testing::ThrowsMessage<Error>(StrEq("Several: parameter '1.weight' is in 1 (AdamW) and 2 (Adam), "
                                            "'0.weight' is in 0 (SGD) and 2 (Adam), and would be stepped twice; "
                                            "take it out of one with Parameters::without")));
  EXPECT_THAT(
      [&] {
        Several({&pair.sgd, &pair.sgd});
      },
      ::testing::ThrowsMessage<Error>(StrEq("Several: parameter '0.weight' is in 0 (SGD) and 1 (SGD), and would "
                                            "be stepped twice; take it out of one with Parameters::without")));
  EXPECT_THAT(
      [&] {
        Several({&pair.sgd, nullptr});
      },
      ::testing::ThrowsMessage<Error>(StrEq("Several: optimizer 1 is null")));
  EXPECT_THAT([] { Several(std::vector<Optimizer*>{}); },
              ::testing::ThrowsMessage<Error>(StrEq("Several: there are no optimizers")));
  Several several({&pair.sgd});
  EXPECT_THAT([&] { several.set_learning_rate(-1); },
              ::testing::ThrowsMessage<Error>(StrEq("Several: learning_rate is -1; it must be finite and at least 0")));
}

}  // namespace
}  // namespace gibbs::optim
