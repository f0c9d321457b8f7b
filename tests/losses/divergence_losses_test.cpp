// Against the measures of the same name, and at the corners. Values and gradients by the definitions, and the fast
// kernels against their references in ops, are checked in tests/battery/registry_categorical.cpp.
#include "gibbs/losses/divergence_losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/distillation.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/jensen_shannon.h"
#include "tests/losses/nasty.h"
#include "tests/losses/oracle.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::f64;
using ::testing::Pointwise;

const Tensor kZ = f64({{1, -.5, .25}, {-2, 1.5, .75}}), kRowWeights = f64({.5, 2, 1.25});

struct Function {
  const char* name;
  Variable (*on_logits)(const Target&, const Variable&, const CategoricalOptions&);
  Variable (*on_probabilities)(const Target&, const Variable&, const CategoricalOptions&);
};
const Function kFunctions[] = {
    {"reverse_kl", reverse_kl_divergence_with_logits, reverse_kl_divergence_with_probabilities},
    {"jeffreys", jeffreys_divergence_with_logits, jeffreys_divergence_with_probabilities},
    {"js", js_divergence_with_logits, js_divergence_with_probabilities},
};

class DivergenceLosses : public ::testing::TestWithParam<Function> {};
INSTANTIATE_TEST_SUITE_P(All, DivergenceLosses, ::testing::ValuesIn(kFunctions),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(DivergenceLosses, IndicesEqualOneHotRowsBitForBit) {
  const Tensor one_hot = f64({{0, 0, 1}, {1, 0, 0}}), indices = Tensor::of({2, 0}, DType::int64);
  for (const double smoothing : {0., .2}) {
    const Variable z = Variable::leaf(kZ);
    const CategoricalOptions options = {.label_smoothing = smoothing, .class_weights = kRowWeights};
    const Variable a = GetParam().on_logits(indices, z, options), b = GetParam().on_logits(one_hot, z, options);
    EXPECT_EQ(a.value().item(), b.value().item());
    EXPECT_EQ(testing::gradient(a, z), testing::gradient(b, z));
  }
}

TEST_P(DivergenceLosses, AreTotal) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Tensor& p : testing::nasty_distributions(dtype)) {
      for (const NestedList& z :
           std::vector<NestedList>{{{1e8, -1e8, 0}}, {{-kInfinity, 0, 1}}, {{0, -kInfinity, -kInfinity}}}) {
        const Tensor logits = Tensor::of(z, dtype);
        testing::expect_no_nan([&](const Variables& in) { return GetParam().on_logits(p, in[0], {}); }, {logits});
        testing::expect_no_nan([&](const Variables& in) { return GetParam().on_logits(in[0], in[1], {}); },
                               {p, logits});
      }
      for (const Tensor& q : testing::nasty_distributions(dtype)) {
        testing::expect_no_nan([&](const Variables& in) { return GetParam().on_probabilities(in[0], in[1], {}); },
                               {p, q});
      }
    }
    const Tensor one = Tensor::ones({1, 1}, dtype);
    EXPECT_EQ(GetParam().on_logits(one, one, {}).value().item(), 0);
    EXPECT_EQ(GetParam().on_logits(Tensor::zeros({1}, DType::int64), one, {.ignore_index = 0}).value().item(), 0);
  }
}

TEST(DivergenceLosses, InfiniteTermsAreConstantsToTheGradient) {
  const Tensor one_hot = f64({{0, 1, 0}});
  const Variable z = Variable::leaf(f64({{1, -.5, .25}}));
  const Variable loss = reverse_kl_divergence_with_logits(one_hot, z);
  EXPECT_EQ(loss.value().item(), kInfinity);
  const oracle::Row q = oracle::softmax({1, -.5, .25});
  // What is left is q_1 ln q_1, whose derivative in z_k is q_1 (ln q_1 + 1) ([k = 1] - q_k).
  const double g = q[1] * (std::log(q[1]) + 1);
  EXPECT_THAT(testing::gradient(loss, z), Pointwise(DoubleNear(1e-15), {-g * q[0], g * (1 - q[1]), -g * q[2]}));
}

TEST(JsWithLogits, StaysBetween0AndLn2AndVanishesWhereThePredictionIsWhollyWrong) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable z = Variable::leaf(Tensor::of({{-200, 0, 1}, {500, 0, 0}}, dtype));
    const Variable rows =
        js_divergence_with_logits(Tensor::of({0, 0}, DType::int64), z, {.reduction = Reduction::none});
    EXPECT_THAT(rows.value().to_vector(), ElementsAre(DoubleNear(std::numbers::ln2, 1e-7), DoubleNear(0, 1e-7)));
    EXPECT_THAT(testing::gradient(rows, z), Each(DoubleNear(0, 1e-7)));
  }
}

TEST(JsWithLogits, NearEqualInputsLoseNothing) {
  // p_k = softmax(z)_k (1 + e_k): JS is sum q e^2 / 8 to first order.
  for (const double size : {1e-3, 1e-6}) {
    const oracle::Row q = oracle::softmax({1, -.5, .25}), e = {size, -size * q[0] / q[1], 0};
    const Tensor p = f64({{q[0] * (1 + e[0]), q[1] * (1 + e[1]), q[2]}});
    const double expected = (q[0] * e[0] * e[0] + q[1] * e[1] * e[1]) / 8;
    const double js = js_divergence_with_logits(p, f64({{1, -.5, .25}})).value().item();
    EXPECT_NEAR(js / expected, 1, 3 * size + 1e-9);
  }
}

TEST(JsWithLogits, DifferencesOfARoundingErrorGiveNoNan) {
  // Around (q - p) / (q + p) = 2^-24, 1 + d rounds to 1 where 1 - d does not.
  for (double d = 1e-9; d < 1e-5; d *= 1.01) {
    const double first = .5 * (1 + d);
    const Variable z = Variable::leaf(Tensor::of({{0, 0}, {0, 0}}));
    const Variable rows = js_divergence_with_logits(Tensor::of({{first, 1 - first}, {1 - first, first}}), z,
                                                    {.reduction = Reduction::none});
    EXPECT_THAT(rows.value().to_vector(), Each(DoubleNear(d * d / 8, 3e-8 * d + 1e-15))) << d;
    // dz = q (ln(q / m) / 2 - ...) = -+ d / 8, and p is a float
    const std::vector<double> dz = testing::gradient(sum(rows), z);
    EXPECT_THAT(dz, ElementsAre(DoubleNear(-d / 8, 1e-8), DoubleNear(d / 8, 1e-8), DoubleNear(d / 8, 1e-8),
                                DoubleNear(-d / 8, 1e-8)))
        << d;
  }
}

TEST(GeneralizedKl, OnLogRatesItIsTheMeasureOfTheirExponentials) {
  const Tensor counts = f64({{3, 0, 1.5}, {0, 0, 2}});
  const Variable measure = generalized_kl_divergence(counts, exp(Variable(kZ)));
  EXPECT_THAT(generalized_kl_divergence_with_log_rates(counts, kZ, {.reduction = Reduction::none}).value().to_vector(),
              Pointwise(DoubleNear(1e-14), measure.value().to_vector()));
  EXPECT_DOUBLE_EQ(generalized_kl_divergence_with_rates(counts, exp(Variable(kZ))).value().item(),
                   mean(measure).value().item());
  const Variable z = Variable::leaf(kZ);
  const std::vector<double> rates = exp(Variable(kZ)).value().to_vector(), p = counts.to_vector();
  std::vector<double> expected;
  for (std::size_t i = 0; i < p.size(); ++i) {
    expected.push_back(rates[i] - p[i]);
  }
  const auto loss = [&](const Variables& in) {
    return generalized_kl_divergence_with_log_rates(counts, in[0], {.reduction = Reduction::sum});
  };
  EXPECT_THAT(testing::gradient(loss({z}), z), Pointwise(DoubleNear(1e-14), expected));
  const auto second = gradgradcheck(loss, {kZ});
  EXPECT_TRUE(second) << second.message;
  const Variable huge = Variable::leaf(f64({{800, 0}}));
  EXPECT_THAT(testing::gradient(generalized_kl_divergence_with_log_rates(f64({{1, 2}}), huge), huge),
              ElementsAre(kInfinity, -1));
  const Tensor certain = f64({{-kInfinity, 0}}), target = f64({{0, 1}});
  EXPECT_EQ(generalized_kl_divergence_with_log_rates(target, certain).value().item(), 0);
}

TEST(LogTarget, IsTheDivergenceOfItsExponential) {
  const Tensor log_p = f64({{std::log(.25), std::log(.75), -kInfinity}});
  const Tensor z = f64({{1, -.5, .25}});
  EXPECT_DOUBLE_EQ(kl_divergence_with_log_target(log_p, z).value().item(),
                   kl_divergence_with_logits(f64({{.25, .75, 0}}), z).value().item());
}

}  // namespace
}  // namespace gibbs::losses
