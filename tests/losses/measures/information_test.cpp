#include "gibbs/losses/measures/information.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;
using ::testing::Pointwise;

const Tensor kDistributions = f64({{.2, .5, .3}, {.7, .1, .2}});

TEST(Information, OfEventsInBothUnits) {
  const Tensor p = f64({1, .5, .125, 0});
  EXPECT_THAT(information(p, Base::bits).value().to_vector(),
              ElementsAre(0, DoubleNear(1, 1e-15), DoubleNear(3, 1e-15), kInfinity));
  EXPECT_THAT(information(p).value().to_vector(),
              ElementsAre(0, std::numbers::ln2, DoubleNear(3 * std::numbers::ln2, 1e-15), kInfinity));
  EXPECT_FALSE(std::signbit(information(p).value().to_vector()[0]));
  const Variable x = Variable::leaf(p);
  EXPECT_THAT(testing::gradient(information(x), x), ElementsAre(-1, -2, -8, -kInfinity));
}

TEST(Information, RefusesWhatIsNoProbability) {
  EXPECT_EQ(error_of([] {
              information(f64({.5, 1.5}));
            }),
            "information: element 1 is 1.5; probabilities are in [0, 1]");
  EXPECT_EQ(error_of([] { binary_entropy(f64({-.5})); }),
            "binary_entropy: element 0 is -0.5; probabilities are in [0, 1]");
  EXPECT_EQ(error_of([] { information(f64({std::nan("")})); }),
            "information: element 0 is nan; probabilities are in [0, 1]");
}

TEST(Entropy, PublishedByScipy) {
  EXPECT_NEAR(entropy(f64({.9, .1}), {.base = Base::bits}).value().item(), .46899559358928117, 1e-16);
}

TEST(Entropy, TheArticlesCoins) {
  const Tensor coins = f64({{0, 1}, {.1, .9}, {.2, .8}, {.3, .7}, {.4, .6}, {.5, .5}});
  const std::vector<double> bits = {0, .4690, .7219, .8813, .9710, 1};
  EXPECT_THAT(entropy(coins, {.base = Base::bits}).value().to_vector(), Pointwise(DoubleNear(5e-5), bits));
  EXPECT_THAT(binary_entropy(f64({0, .1, .2, .3, .4, .5}), Base::bits).value().to_vector(),
              Pointwise(DoubleNear(5e-5), bits));
}

TEST(Entropy, OfCertaintyIsZeroAndNotMinusZero) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const NestedList& row : std::vector<NestedList>{{1}, {0, 1, 0}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0}}) {
      const double h = entropy(Tensor::of(row, dtype)).value().item();
      EXPECT_EQ(h, 0);
      EXPECT_FALSE(std::signbit(h));
    }
  }
}

TEST(Entropy, GradientAtTheBoundary) {
  const Variable p = Variable::leaf(f64({0, 1, 0}));
  EXPECT_THAT(testing::gradient(entropy(p), p), ElementsAre(0, -1, 0));
}

TEST(Entropy, AlongTheLastAxis) {
  const Tensor p = Tensor::full({2, 3, 4}, .25, DType::float64);
  const Tensor h = entropy(p, {.base = Base::bits}).value();
  EXPECT_EQ(h.shape(), (Shape{2, 3}));
  EXPECT_THAT(h.to_vector(), ::testing::Each(DoubleNear(2, 1e-15)));
}

TEST(BinaryEntropy, AtTheBoundary) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable p = Variable::leaf(Tensor::of({0, 1, .5}, dtype));
    EXPECT_THAT(binary_entropy(p).value().to_vector(), ElementsAre(0, 0, DoubleNear(std::numbers::ln2, 1e-7)));
    EXPECT_THAT(testing::gradient(binary_entropy(p), p), ElementsAre(0, 0, 0));
  }
}

TEST(BinaryEntropy, OfRareEventsKeepsItsDigits) {
  const double p = 1e-20;
  EXPECT_DOUBLE_EQ(binary_entropy(f64({p})).value().item(), p * (1 - std::log(p)));
}

TEST(Perplexity, CountsEquallyLikelyOutcomes) {
  EXPECT_THAT(perplexity(f64({{.25, .25, .25, .25}, {.5, .5, 0, 0}, {0, 0, 0, 1}})).value().to_vector(),
              ElementsAre(DoubleNear(4, 1e-14), DoubleNear(2, 1e-14), 1));
  EXPECT_EQ(perplexity(kDistributions, {.base = Base::bits}).value().to_vector(),
            perplexity(kDistributions).value().to_vector());
}

TEST(Information, MeasuresOfOneDistributionAreTotal) {
  testing::expect_total([](const Variables& x) { return entropy(x[0]); });
  testing::expect_total([](const Variables& x) { return entropy(x[0], {.base = Base::bits, .normalize = true}); });
  testing::expect_total([](const Variables& x) { return perplexity(x[0]); });
  testing::expect_total([](const Variables& x) { return information(x[0]); });
  testing::expect_total([](const Variables& x) { return binary_entropy(x[0]); });
}

}  // namespace
}  // namespace gibbs::losses
