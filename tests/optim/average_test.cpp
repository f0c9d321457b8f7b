// EMA and Lookahead: their averages against PyTorch's and the paper's, and what EvaluationWeights makes of them.
#include "gibbs/optim/average.h"

#include <gmock/gmock.h>

#include "gibbs/optim/optim.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"
#include "tests/optim/golden.h"
#include "tests/optim/testing.h"
#include "tests/testing/optimizer_of.h"

namespace gibbs::optim {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

/// 50 steps of Adam under this average; then the weights, and the weights to evaluate with.
template <class Kind, class Options>
void expect_golden_average(const json& one, const Options& options) {
  GoldenProblem p;
  const std::vector<Parameter> all = {p.w1, p.b1, p.w2, p.b2};
  const auto adam = testing::optimizer_of("Adam", all, golden()["adam"]);
  Kind average(*adam, options);
  for (int t = 0; t < kGoldenSteps; ++t) {
    p.step(average, t);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    expect_golden(all[i].value(), one["parameters"][i], one["options"].dump());
  }
  const EvaluationWeights averages(average);
  for (std::size_t i = 0; i < all.size(); ++i) {
    expect_golden(all[i].value(), one["averages"][i], "averages " + one["options"].dump());
  }
}

TEST(Average, OfPyTorchAndOfThePaper) {
  for (const json& one : golden()["ema"]) {
    const json& o = one["options"];
    expect_golden_average<EMA>(one, EMAOptions{.decay = o["decay"], .every = o["every"]});
  }
  for (const json& one : golden()["lookahead"]) {
    const json& o = one["options"];
    expect_golden_average<Lookahead>(one, LookaheadOptions{.alpha = o["alpha"], .every = o["every"]});
  }
}

/// A weight that SGD moves by `by` at each step, and what it is to be evaluated with.
struct Walk {
  Parameter w{Tensor::of({0}, DType::float64)};
  SGD sgd{{w}, {.learning_rate = 1}};

  void step(Optimizer& optimizer, double by) {
    set_gradient(w, Tensor::of({-by}, DType::float64));
    optimizer.step();
  }
  double evaluated(Optimizer& optimizer) const {
    const EvaluationWeights averages(optimizer);
    return w.value().item();
  }
};

TEST(EMA, WarmUpLooksBackLessAtFirst) {
  Walk walk;
  EMA ema(walk.sgd, {.decay = 0.25, .warm_up = true});
  double expected = 0;
  for (int n = 0; n < 6; ++n) {
    walk.step(ema, 1);
    const double decay = n == 0 ? 0 : std::min(0.25, (1.0 + n) / (10.0 + n));
    expected += (1 - decay) * (n + 1 - expected);
    EXPECT_NEAR(walk.evaluated(ema), expected, 1e-14) << n;
  }
}

TEST(Average, BeginsWithTheWeightsOfTheFirstStepHoweverLateTheyCame) {
  Walk walk;
  Lookahead lookahead(walk.sgd, {.alpha = 0.5, .every = 2});
  walk.w.mutable_value().fill(8);
  EXPECT_EQ(walk.evaluated(lookahead), 8) << "there is no average before the first step";
  walk.step(lookahead, 1);
  EXPECT_EQ(walk.evaluated(lookahead), 8);
  EXPECT_EQ(walk.w.value().item(), 9);
  walk.step(lookahead, 1);
  EXPECT_EQ(walk.evaluated(lookahead), 9);
  EXPECT_EQ(walk.w.value().item(), 9);
}

TEST(Average, ScopesNest) {
  Walk walk;
  EMA ema(walk.sgd, {.decay = 0.5});
  Several several({&ema});
  walk.step(several, 1);
  walk.step(several, 1);
  const EvaluationWeights outer(several);
  EXPECT_EQ(walk.evaluated(several), 1.5);
  EXPECT_EQ(walk.w.value().item(), 1.5);
}

TEST(Average, TheInnerOptimizerHasItsRateItsStateAndItsSettings) {
  Walk walk;
  EMA ema(walk.sgd, {.decay = 0.5});
  ema.set_learning_rate(0.25);
  EXPECT_EQ(walk.sgd.learning_rate(), 0.25);
  walk.step(ema, 1);
  EXPECT_EQ(walk.w.value().item(), 0.25);
  SavedState state;
  ema.visit_state(state);
  EXPECT_THAT(state.names, ElementsAre("steps", "learning_rate", "inner/steps", "inner/learning_rate", "0.average"));
  const RunSettings settings = ema.settings();
  EXPECT_THAT(settings, ::testing::IsSupersetOf(RunSettings{{"optimizer", "EMA"},
                                                            {"decay", "0.5"},
                                                            {"every", "1"},
                                                            {"warm_up", "off"},
                                                            {"inner/optimizer", "SGD"},
                                                            {"inner/optimizer's learning rate", "1"},
                                                            {"inner/momentum", "0"}}));
}

TEST(Average, FrozenParametersStay) {
  Walk walk;
  Lookahead lookahead(walk.sgd, {.alpha = 0.5, .every = 2});
  walk.step(lookahead, 1);
  walk.w.set_frozen(true);
  lookahead.step();
  EXPECT_EQ(walk.w.value().item(), 1);
}

/// Six steps of 40,000 elements, those after the third by an optimizer that was restored, and the averages then.
template <class Kind, class Options>
std::vector<double> after_six_steps(const Options& options, bool restored) {
  Parameter w(kernels::normal({.seed = 1}, {40'003}));
  SGD sgd({w}, {.momentum = 0.5}), other({w}, {.momentum = 0.5});
  Kind first(sgd, options), second(other, options);
  for (std::uint64_t t = 0; t < 6; ++t) {
    if (t == 3 && restored) {
      SavedState state;
      first.visit_state(state);
      state.loading = true;
      second.visit_state(state);
    }
    set_gradient(w, kernels::normal({.seed = 2 + t}, {40'003}));
    (t >= 3 && restored ? static_cast<Optimizer&>(second) : first).step();
  }
  const EvaluationWeights averages(restored ? static_cast<Optimizer&>(second) : first);
  return w.value().to_vector();
}

TEST(Average, TheSameBitsOnAnyThreadsAndAfterARestore) {
  const int before = num_threads();
  const EMAOptions ema{.decay = 0.9, .every = 2, .warm_up = true};
  const LookaheadOptions lookahead{.every = 2};
  set_num_threads(1);
  const auto ema_on_one = after_six_steps<EMA>(ema, false), slow_on_one = after_six_steps<Lookahead>(lookahead, false);
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    EXPECT_EQ(after_six_steps<EMA>(ema, true), ema_on_one) << threads;
    EXPECT_EQ(after_six_steps<Lookahead>(lookahead, true), slow_on_one) << threads;
  }
  set_num_threads(before);
}

TEST(Average, Errors) {
  Walk walk;
  EXPECT_THAT([&] { EMA(walk.sgd, {.decay = 1}); },
              ThrowsMessage<Error>(StrEq("EMA: decay is 1; it must be in [0, 1)")));
  EXPECT_THAT([&] { EMA(walk.sgd, {.every = 0}); },
              ThrowsMessage<Error>(StrEq("EMA: every is 0; it must be at least 1")));
  EXPECT_THAT([&] { Lookahead(walk.sgd, {.alpha = 0}); },
              ThrowsMessage<Error>(StrEq("Lookahead: alpha is 0; it must be in (0, 1]")));
  EXPECT_THAT([&] { Lookahead(walk.sgd, {.every = -1}); },
              ThrowsMessage<Error>(StrEq("Lookahead: every is -1; it must be at least 1")));
  EMA ema(walk.sgd);
  walk.step(ema, 1);
  const EvaluationWeights averages(ema);
  EXPECT_THAT([&] { walk.step(ema, 1); },
              ThrowsMessage<Error>(
                  StrEq("EMA: a step within EvaluationWeights would change the averages; end its scope before")));
  SavedState state;
  EXPECT_THAT(
      [&] { ema.visit_state(state); },
      ThrowsMessage<Error>(StrEq("EMA: its state within EvaluationWeights would be that of the averages; end its "
                                 "scope before saving or loading")));
}

}  // namespace
}  // namespace gibbs::optim
