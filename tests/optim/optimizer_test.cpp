// What all optimizers have in common, tried on each of them.
#include "gibbs/optim/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>

#include "gibbs/optim/optim.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"
#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Optimizer>(const Groups&)> make;
};
const Kind kKinds[] = {
    {"SGD", [](const Groups& p) { return std::make_unique<SGD>(p, SGDOptions{.learning_rate = 0.1}); }},
    {"Momentum",
     [](const Groups& p) { return std::make_unique<SGD>(p, SGDOptions{.learning_rate = 0.1, .momentum = 0.9}); }},
    {"Adam", [](const Groups& p) { return std::make_unique<Adam>(p, AdamOptions{.learning_rate = 0.1}); }},
    {"AdamW", [](const Groups& p) { return std::make_unique<AdamW>(p, AdamWOptions{.learning_rate = 0.1}); }},
    {"AMSGrad",
     [](const Groups& p) { return std::make_unique<Adam>(p, AdamOptions{.learning_rate = 0.1, .amsgrad = true}); }},
    {"Dampened",
     [](const Groups& p) {
       return std::make_unique<SGD>(p, SGDOptions{.learning_rate = 0.1, .momentum = 0.9, .dampening = 0.5});
     }},
    {"RMSprop", [](const Groups& p) { return std::make_unique<RMSprop>(p); }},
    {"CenteredRMSprop",
     [](const Groups& p) { return std::make_unique<RMSprop>(p, RMSpropOptions{.momentum = 0.5, .centered = true}); }},
    {"Adagrad", [](const Groups& p) { return std::make_unique<Adagrad>(p, AdagradOptions{.learning_rate = 0.5}); }},
    {"NAdam", [](const Groups& p) { return std::make_unique<NAdam>(p, NAdamOptions{.learning_rate = 0.05}); }},
    {"Lion", [](const Groups& p) { return std::make_unique<Lion>(p, LionOptions{.learning_rate = 0.01}); }},
};

class AnyOptimizer : public ::testing::TestWithParam<Kind> {};

TEST_P(AnyOptimizer, SkipsFrozenParametersAndThoseWithoutGradient) {
  Parameter moved(Tensor::of({1, 2})), frozen(Tensor::of({1, 2})), unused(Tensor::of({1, 2}));
  const auto optimizer = GetParam().make({moved, frozen, unused});
  set_gradient(moved, Tensor::of({1, 1}));
  set_gradient(frozen, Tensor::of({1, 1}));
  frozen.set_frozen(true);
  optimizer->step();
  EXPECT_LT(moved.value().at({0}), 1);
  EXPECT_THAT(frozen.value().to_vector(), ElementsAre(1, 2));
  EXPECT_THAT(unused.value().to_vector(), ElementsAre(1, 2));
  EXPECT_EQ(optimizer->steps(), 1);
}

TEST_P(AnyOptimizer, StepsATiedParameterOnce) {
  Parameter tied(Tensor::of({1, -2})), alone(Tensor::of({1, -2}));
  const auto both = GetParam().make({tied, tied}), one = GetParam().make({alone});
  EXPECT_EQ(both->parameters().size(), 1U);
  for (Parameter* parameter : {&tied, &alone}) {
    set_gradient(*parameter, Tensor::of({0.5, 3}));
  }
  both->step();
  one->step();
  EXPECT_EQ(tied.value().to_vector(), alone.value().to_vector());
}

TEST_P(AnyOptimizer, ReadsGradientsAndNeverWritesThem) {
  Parameter parameter(Tensor::of({1, -2}));
  const auto optimizer = GetParam().make({parameter});
  set_gradient(parameter, Tensor::of({0.5, 3}));
  const auto version = parameter.gradient().version();
  optimizer->step();
  EXPECT_EQ(parameter.gradient().version(), version);
  EXPECT_THAT(parameter.gradient().to_vector(), ElementsAre(0.5, 3));
  optimizer->clear_gradients();
  EXPECT_FALSE(parameter.gradient().defined());
}

TEST_P(AnyOptimizer, GraphsOfOldValuesAreRefused) {
  Parameter parameter(Tensor::of({1, -2}));
  const auto optimizer = GetParam().make({parameter});
  const Variable loss = sum(parameter * parameter);
  backward(loss, {.retain_graph = true});
  optimizer->step();
  EXPECT_THROW(backward(loss), Error);
}

TEST_P(AnyOptimizer, FindsTheMinimumOfAQuadratic) {
  const Tensor center = Tensor::of({3, -1, 0.5}, DType::float64), scale = Tensor::of({1, 4, 0.5}, DType::float64);
  Parameter parameter(Tensor::zeros({3}, DType::float64));
  const auto optimizer = GetParam().make({parameter});
  for (int i = 0; i < 600; ++i) {
    const Variable difference = parameter - Variable(center);
    backward(sum(difference * difference * scale));
    optimizer->step();
    optimizer->clear_gradients();
  }
  EXPECT_THAT(parameter.value().to_vector(), ::testing::Pointwise(::testing::DoubleNear(0.02), center.to_vector()));
}

/// Values of a parameter of 100,000 elements (several pieces and a tail) after three steps.
std::vector<double> after_three_steps(const Kind& kind, DType dtype) {
  Rng rng(1);
  Parameter parameter(rng.normal({100'003}, 0, 1, dtype));
  const auto optimizer = kind.make({parameter});
  for (int i = 0; i < 3; ++i) {
    set_gradient(parameter, rng.normal({100'003}, 0, 1, dtype));
    optimizer->step();
  }
  return parameter.value().to_vector();
}

TEST_P(AnyOptimizer, GivesTheSameBitsOnAnyNumberOfThreads) {
  const int before = num_threads();
  for (const DType dtype : {DType::float32, DType::float64}) {
    set_num_threads(1);
    const auto on_one = after_three_steps(GetParam(), dtype);
    for (const int threads : {2, 3}) {
      set_num_threads(threads);
      EXPECT_EQ(after_three_steps(GetParam(), dtype), on_one) << threads << " threads, " << dtype;
    }
  }
  set_num_threads(before);
}

TEST_P(AnyOptimizer, RestoredStateGoesOnWithTheSameBits) {
  const Tensor start = Tensor::of({1, -2, 0.3}), g = Tensor::of({0.5, 3, -0.1}), h = Tensor::of({-1, 0.2, 4});
  Parameter straight(start.clone()), resumed(start.clone());
  const auto first = GetParam().make({straight}), before = GetParam().make({resumed});
  for (auto [optimizer, parameter] : {std::pair(first.get(), &straight), {before.get(), &resumed}}) {
    set_gradient(*parameter, g);
    optimizer->step();
    optimizer->set_learning_rate(0.05);
  }
  SavedState state;
  before->visit_state(state);
  const auto after = GetParam().make({resumed});
  state.loading = true;
  after->visit_state(state);
  EXPECT_EQ(after->steps(), 1);
  EXPECT_EQ(after->learning_rate(), 0.05);
  for (auto [optimizer, parameter] : {std::pair(first.get(), &straight), {after.get(), &resumed}}) {
    set_gradient(*parameter, h);
    optimizer->step();
  }
  EXPECT_EQ(straight.value().to_vector(), resumed.value().to_vector());
}

TEST_P(AnyOptimizer, AllocatesNothingInAStep) {
  Parameter parameter(Tensor::ones({1000}));
  const auto optimizer = GetParam().make({parameter});
  set_gradient(parameter, Tensor::ones({1000}));
  const auto held = memory::held_bytes();
  memory::reset_peak();
  optimizer->step();
  EXPECT_EQ(memory::peak_bytes(), held);
}

TEST_P(AnyOptimizer, RefusesParametersThatChangedForm) {
  Parameter parameter(Tensor::ones({2}));
  const auto optimizer = GetParam().make({parameter});
  parameter.replace(Tensor::ones({2}, DType::float64));
  const std::string name = optimizer->name();
  EXPECT_THAT(
      [&] { optimizer->step(); },
      ::testing::ThrowsMessage<Error>(StrEq(name + ": parameter '0' was float32 [2] and is now float64 [2]; make a "
                                                   "new optimizer after replacing parameters")));
}

INSTANTIATE_TEST_SUITE_P(Optimizers, AnyOptimizer, ::testing::ValuesIn(kKinds),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(Optimizer, ErrorsOfParametersAndRate) {
  Parameter parameter(Tensor::ones({2}));
  EXPECT_THAT([] { SGD({}); }, ::testing::ThrowsMessage<Error>(StrEq("SGD: there are no parameters to optimize")));
  const auto zeros = [](const Shape& shape, std::int64_t, std::int64_t, RandomKey) { return Tensor::zeros(shape); };
  EXPECT_THAT(
      [&] {
        Adam({parameter, Parameter::pending({3, 2}, zeros, 3, 2)});
      },
      ::testing::ThrowsMessage<Error>(
          StrEq("Adam: parameter '1', float32 [3, 2], has no numbers yet; call nn::initialize(model, seed) first")));
  EXPECT_THAT(
      [] { Adam({Parameter()}); },
      ::testing::ThrowsMessage<Error>(StrEq("Adam: parameter '0' has no value yet; construct it from a tensor")));
  EXPECT_THAT([&] { AdamW({parameter}, {.learning_rate = -1}); },
              ::testing::ThrowsMessage<Error>(StrEq("AdamW: learning_rate is -1; it must be finite and at least 0")));
  SGD sgd({parameter});
  EXPECT_THAT([&] { sgd.set_learning_rate(std::numeric_limits<double>::infinity()); },
              ::testing::ThrowsMessage<Error>(StrEq("SGD: learning_rate is inf; it must be finite and at least 0")));
}

}  // namespace
}  // namespace gibbs::optim
