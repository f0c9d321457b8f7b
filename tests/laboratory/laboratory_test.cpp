// The laboratory must find two losses equal that are, and must not find equal what is not: each gradient path is
// damaged in turn, by one part in a million, and so is a value. Pictures are the built-in ones; the model is small.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "examples/laboratory/breaks.h"
#include "examples/laboratory/equivalence_report.h"
#include "examples/laboratory/lockstep.h"
#include "examples/laboratory/logit_gradients.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/record.h"
#include "gibbs/data/drawn.h"
#include "gibbs/nn/nn.h"

namespace gibbs::examples {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;

/// The same value with a gradient that is wrong by the factor.
LogitsLoss with_gradient_times(double factor, const LogitsLoss& loss) {
  return [=](const Tensor& p, const Variable& z) {
    const Variable y = loss(p, z);
    return y.traced() ? record("damaged", y.value(), wrt(y, [factor](const Variable& dy) { return dy * factor; })) : y;
  };
}

LogitsLoss with_value_plus(double shift, const LogitsLoss& loss) {
  return [=](const Tensor& p, const Variable& z) { return loss(p, z) + shift; };
}

nn::Sequential small_model() {
  nn::Sequential model(nn::Conv2d({.in = 3, .out = 4, .kernel = 3}), nn::ReLU(), nn::MaxPool2d({.window = 2}),
                       nn::Dropout({.rate = 0.5}), nn::Flatten(), nn::Dense({.in = 900, .out = 10}));
  nn::initialize(model, 3);
  return model;
}

std::vector<StepReport> run(const LossPair& losses, LockstepOptions options, int steps) {
  data::ImageBatches maker(data::drawn_images(64, 0), {.batch_size = 16, .seed = 5});
  Lockstep lab(small_model(), losses, options);
  std::vector<StepReport> reports;
  data::BatchPosition position;
  for (int i = 0; i < steps; ++i, position = maker.after(position)) {
    reports.push_back(lab.step(maker.make(position)));
  }
  return reports;
}

class LockstepOf : public ::testing::TestWithParam<std::tuple<Targets, DType>> {};

TEST_P(LockstepOf, FindsTheLossesEqual) {
  const auto [targets, dtype] = GetParam();
  for (const StepReport& step : run({}, {.targets = targets, .dtype = dtype}, 6)) {
    EXPECT_EQ(what_is_wrong(step, dtype), "");
    EXPECT_GT(step.loss_ce, 0.1);
    EXPECT_EQ(step.target_entropy > 0.3, targets != Targets::one_hot);
  }
}

INSTANTIATE_TEST_SUITE_P(All, LockstepOf,
                         ::testing::Combine(::testing::Values(Targets::one_hot, Targets::smoothed, Targets::soft),
                                            ::testing::Values(DType::float32, DType::float64)));

TEST(Lockstep, FailsWhenEitherGradientPathIsDamaged) {
  const LossPair damaged_ce = {with_gradient_times(1 + 1e-6, exact_cross_entropy), exact_kl_divergence};
  const LossPair damaged_kl = {exact_cross_entropy, with_gradient_times(1 + 1e-6, exact_kl_divergence)};
  for (const LossPair& losses : {damaged_ce, damaged_kl}) {
    const StepReport step = run(losses, {.dtype = DType::float64}, 1).front();
    EXPECT_THAT(what_is_wrong(step, DType::float64),
                AllOf(StartsWith("the gradients differ by 1e-06 of their size at step 1 (in "),
                      HasSubstr("), more than rounding explains (1e-12)")));
    EXPECT_FALSE(step.weights_equal);
  }
}

TEST(Lockstep, TheThirdPathFindsAGradientThatIsWrongInBoth) {
  const LossPair both = {with_gradient_times(1 + 1e-6, exact_cross_entropy),
                         with_gradient_times(1 + 1e-6, exact_kl_divergence)};
  const StepReport step = run(both, {.dtype = DType::float64}, 1).front();
  EXPECT_LT(step.gradient.relative, 1e-12);
  EXPECT_THAT(what_is_wrong(step, DType::float64),
              StartsWith("the gradients of cross entropy and the plain formula in a row's logits are "));
  EXPECT_THAT(what_is_wrong(logit_gradients(both, 0)),
              StartsWith("one-hot targets: the gradients of cross entropy and the plain formula in the logits are "));
}

TEST(Lockstep, TheThirdPathFindsAMistakeInTheSoftmaxThatBothShare) {
  // Softmax with another temperature: still CE - KL = H(p), and still equal gradients.
  const auto heated = [](const LogitsLoss& loss) {
    return [loss](const Tensor& p, const Variable& z) { return loss(p, z * (1 + 1e-6)); };
  };
  const LossPair both = {heated(exact_cross_entropy), heated(exact_kl_divergence)};
  for (const Targets targets : {Targets::one_hot, Targets::soft}) {
    const StepReport step = run(both, {.targets = targets, .dtype = DType::float64}, 1).front();
    EXPECT_LT(step.gradient.relative, 1e-12);
    EXPECT_LT(std::abs(step.residual), 1e-13);
    EXPECT_THAT(what_is_wrong(step, DType::float64), HasSubstr(" plain formula "));
  }
  EXPECT_THAT(what_is_wrong(logit_gradients(both, 0)), HasSubstr(" plain formula "));
}

TEST(Lockstep, TheThirdPathFindsAValueThatIsWrongInBoth) {
  const LossPair both = {with_value_plus(1e-9, exact_cross_entropy), with_value_plus(1e-9, exact_kl_divergence)};
  StepReport step = run(both, {.dtype = DType::float64}, 1).front();
  EXPECT_THAT(what_is_wrong(step, DType::float64),
              StartsWith("loss_ce is 1e-09 from the plain formula at step 1, more than rounding explains ("));
  EXPECT_THAT(what_is_wrong(logit_gradients(both, 0)),
              StartsWith("one-hot targets: cross entropy is 1e-09 from the plain formula, more than 1e-13"));
  step.largest_logit = 701;  // where exp(z) ends, the third path says nothing
  EXPECT_EQ(what_is_wrong(step, DType::float64), "");
}

TEST(Lockstep, FailsWhenAValueIsNotTheOther) {
  const StepReport step =
      run({exact_cross_entropy, with_value_plus(1e-9, exact_kl_divergence)}, {.dtype = DType::float64}, 3).back();
  EXPECT_THAT(what_is_wrong(step, DType::float64),
              StartsWith("loss_ce - loss_kl - H(p) is -1e-09 at step 3, more than"));
  StepReport nan = step;
  nan.residual = std::nan("");
  EXPECT_EQ(what_is_wrong(nan, DType::float64),
            "the losses are not finite at step 3: training has diverged, lower the learning rate");
  nan.residual = 0;
  nan.gradient.relative = std::numeric_limits<double>::infinity();
  EXPECT_THAT(what_is_wrong(nan, DType::float64), StartsWith("the gradients differ by inf of their size at step 3"));
  EXPECT_EQ(summary_of({step, nan})["max_relative_gradient_difference"], std::numeric_limits<double>::infinity());
}

/// Names of all ops upstream of y.
void collect_ops(const Edge& edge, std::set<std::string>& names) {
  if (edge.node != nullptr) {
    names.insert(edge.node->op);
    for (const Edge& input : edge.node->inputs) {
      collect_ops(input, names);
    }
  }
}

TEST(Lockstep, TheTwoLossesAreRecordedByDifferentOps) {
  const Tensor p = Tensor::of({{0.5, 0.5}}, DType::float64);
  const Variable z = Variable::leaf(Tensor::of({{1, 2}}, DType::float64));
  std::set<std::string> ce, kl;
  collect_ops(exact_cross_entropy(p, z).edge(), ce);
  collect_ops(exact_kl_divergence(p, z).edge(), kl);
  EXPECT_TRUE(ce.contains("cross_entropy_with_logits"));
  for (const std::string& name : kl) {
    EXPECT_THAT(name, Not(HasSubstr("cross_entropy")));
  }
}

TEST(Lockstep, PutsTheSecondModelBackAndFreeDoesNot) {
  const LossPair half = {exact_cross_entropy, with_gradient_times(-1, exact_kl_divergence)};
  const auto steps = run(half, {.dtype = DType::float64}, 4), alone = run({}, {.dtype = DType::float64}, 4);
  EXPECT_EQ(steps.back().loss_ce, alone.back().loss_ce);
  EXPECT_LT(std::abs(steps.back().residual), 1e-13);
  const auto free = run(half, {.free = true, .dtype = DType::float64}, 4);
  EXPECT_EQ(free.back().loss_ce, alone.back().loss_ce);
  EXPECT_LT(std::abs(free.front().residual), 1e-13);
  EXPECT_GT(std::abs(free.back().residual), 1e-3);
  EXPECT_GT(free.back().weight_difference, 3 * free.front().weight_difference);
}

TEST(LogitGradients, AgreeForAllTargets) {
  const auto rows = logit_gradients({}, 0);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(what_is_wrong(rows), "");
  EXPECT_GT(rows[2].largest_gradient, 0.01);
}

TEST(LogitGradients, FailWhenAPathIsDamaged) {
  EXPECT_THAT(
      what_is_wrong(logit_gradients({exact_cross_entropy, with_gradient_times(1 + 1e-6, exact_kl_divergence)}, 0)),
      StartsWith("one-hot targets: the gradients of cross entropy and KL in the logits are "));
}

TEST(GradientDifference, MeasuresInFourWays) {
  const Tensor a = Tensor::from(std::vector<float>{4.0f, 0.0f, 1.0f}, {3});
  const Tensor b = Tensor::from(std::vector<float>{4.0f, -0.0f, std::nextafter(1.0f, 2.0f)}, {3});
  const GradientDifference d = gradient_difference({{"w", a}}, {{"w", b}});
  EXPECT_EQ(d.absolute, std::numeric_limits<float>::epsilon());
  EXPECT_EQ(d.relative, std::numeric_limits<float>::epsilon() / 4);
  EXPECT_EQ(d.ulps, 1);
  EXPECT_EQ(d.scaled_ulps, 0.25);
  EXPECT_EQ(d.where, "w");
  EXPECT_FALSE(d.equal);
  EXPECT_TRUE(gradient_difference({{"w", a}}, {{"w", a.clone()}}).equal);
}

TEST(GradientDifference, CountsUlpsAcrossZero) {
  const double tiny = std::numeric_limits<double>::denorm_min();
  const Tensor a = Tensor::from(std::vector<double>{tiny}, {1}), b = Tensor::from(std::vector<double>{-tiny}, {1});
  EXPECT_EQ(gradient_difference({{"w", a}}, {{"w", b}}).ulps, 2);
}

TEST(GradientDifference, NaNIsInfinitelyFar) {
  const Tensor a = Tensor::of({1, 2}), b = Tensor::of({1, std::nan("")});
  EXPECT_EQ(gradient_difference({{"w", a}}, {{"w", b}}).relative, std::numeric_limits<double>::infinity());
  EXPECT_EQ(gradient_difference({{"w", b}}, {{"w", b}}).ulps, std::numeric_limits<double>::infinity());
}

TEST(Targets, SoftOnesDependOnThePictureAndTheSeedAlone) {
  const Tensor labels = Tensor::from(std::vector<std::int64_t>{1, 1, 0}, {3});
  const Tensor pictures = Tensor::of({{1, 2}, {3, 4}, {1, 2}});
  const auto make = [&](std::uint64_t seed) {
    return make_targets(Targets::soft, labels, pictures, 3, DType::float64, seed);
  };
  const Tensor p = make(7);
  for (std::int64_t n = 0; n < 3; ++n) {
    EXPECT_NEAR(p.at({n, 0}) + p.at({n, 1}) + p.at({n, 2}), 1, 1e-15);
  }
  EXPECT_NEAR(p.at({0, 1}) - 0.7, p.at({2, 1}), 1e-15);  // the same picture, the same mix, another label
  EXPECT_NE(p.at({0, 0}), p.at({1, 0}));
  EXPECT_EQ(p.to_vector(), make(7).to_vector());
  EXPECT_NE(p.to_vector(), make(8).to_vector());
}

TEST(Targets, EntropyIsThatOfTheFormula) {
  EXPECT_DOUBLE_EQ(mean_entropy(Tensor::of({{0.5, 0.5, 0}, {1, 0, 0}}, DType::float64)), std::log(2) / 2);
}

TEST(Break, ClippingTakesTheSignalAway) {
  const Break clip = break_by_name("clip");
  const Reading exact = read(clip.losses.first, clip.example_p, clip.example_logits);
  const Reading keras = read(clip.losses.second, clip.example_p, clip.example_logits);
  using ::testing::DoubleNear;
  EXPECT_NEAR(exact.loss, 21.68, 0.005);
  EXPECT_THAT(exact.gradient, ElementsAre(DoubleNear(-1, 0.005), DoubleNear(0.19, 0.005), DoubleNear(0.51, 0.005),
                                          DoubleNear(0.31, 0.005)));
  EXPECT_NEAR(keras.loss, 16.12, 0.005);
  for (double g : keras.gradient) {
    EXPECT_NEAR(g, 0, 1e-6);
  }
}

TEST(Break, MeanOverElementsDividesTheGradientByK) {
  const Break mean = break_by_name("mean");
  const Reading rows = read(mean.losses.first, mean.example_p, mean.example_logits);
  const Reading elements = read(mean.losses.second, mean.example_p, mean.example_logits);
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(elements.gradient[k], rows.gradient[k] / 4, 1e-16);
  }
}

TEST(Break, AMovingTargetDiffersByTheGradientOfItsEntropy) {
  const Break moving = break_by_name("moving-target");
  const Reading ce = read(moving.losses.first, moving.example_p, moving.example_logits);
  const Reading kl = read(moving.losses.second, moving.example_p, moving.example_logits);
  const LogitsLoss target_entropy = [&](const Tensor& p, const Variable& z) {
    return moving.losses.first(p, z) - moving.losses.second(p, z);
  };
  const Tensor by_differences = gradient_by_differences(target_entropy, moving.example_p, moving.example_logits);
  double largest = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(ce.gradient[k] - kl.gradient[k], by_differences.to_vector()[k], 1e-9);
    largest = std::max(largest, std::abs(ce.gradient[k] - kl.gradient[k]));
  }
  EXPECT_GT(largest, 0.01);
}

TEST(Break, ReverseKLAndJSAreWhatTheFormulasSay) {
  // q = (1/4, 3/4), p = (1/2, 1/2).
  const Tensor p = Tensor::of({{0.5, 0.5}}, DType::float64), z = Tensor::of({{0, std::log(3)}}, DType::float64);
  const LogitsLoss reverse_kl = break_by_name("reverse").losses.second, js = break_by_name("js").losses.second;
  EXPECT_NEAR(read(reverse_kl, p, z).loss, 0.25 * std::log(0.5) + 0.75 * std::log(1.5), 1e-15);
  EXPECT_NEAR(read(js, p, z).loss,
              0.5 * (0.5 * std::log(0.5 / 0.375) + 0.5 * std::log(0.5 / 0.625)) +
                  0.5 * (0.25 * std::log(0.25 / 0.375) + 0.75 * std::log(0.75 / 0.625)),
              1e-15);
  const Tensor wrong = Tensor::of({{0, 800}}, DType::float64), one_hot = Tensor::of({{1, 0}}, DType::float64);
  EXPECT_NEAR(read(js, one_hot, wrong).loss, std::log(2), 1e-15);
  EXPECT_THAT(read(js, one_hot, wrong).gradient, ElementsAre(0, 0));
}

TEST(Break, EveryOneIsSeenInItsFirstStep) {
  for (const std::string& name : break_names()) {
    const Break broken = break_by_name(name);
    const Targets targets = broken.needs_full_support ? Targets::smoothed : Targets::one_hot;
    const StepReport step = run(broken.losses, {.targets = targets, .dtype = DType::float64}, 1).front();
    EXPECT_GT(step.gradient.relative, 1e-9) << name;
  }
}

TEST(Break, UnknownNamesAreListed) {
  EXPECT_THAT([] { break_by_name("clop"); },
              ::testing::ThrowsMessage<Error>("break: 'clop' is none of clip, mean, moving-target, reverse, js"));
}

TEST(Report, CsvHasTheColumnsOfTheIssueFirst) {
  const std::string csv = as_csv(run({}, {.dtype = DType::float64}, 2));
  EXPECT_THAT(csv, StartsWith("step,loss_ce,loss_kl,target_entropy,residual,max_abs_gradient_difference,"
                              "max_ulp_difference,weights_equal,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
}

TEST(Report, SummaryKeepsTheLargestFigures) {
  StepReport first, second;
  first.residual = -3;
  second.step = 2;
  second.weights_equal = false;
  const auto json = summary_of({first, second});
  EXPECT_EQ(json["steps"], 2);
  EXPECT_EQ(json["max_abs_residual"], 3.0);
  EXPECT_EQ(json["steps_with_equal_weights"], 1);
  EXPECT_EQ(json["first_step_with_unequal_weights"], 2);
}

}  // namespace
}  // namespace gibbs::examples
