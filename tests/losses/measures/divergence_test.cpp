#include "gibbs/losses/measures/divergence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "tests/losses/nasty.h"
#include "tests/losses/oracle.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;

const Tensor kP = f64({{.2, .5, .3}, {.7, .1, .2}}), kQ = f64({{.3, .3, .4}, {.05, .9, .05}});
const Tensor kTeeth = f64({.02, .03, .05, .14, .16, .15, .12, .08, .10, .08, .07});
const Tensor kUniform = Tensor::full({11}, 1. / 11, DType::float64);

/// sum_k term(p_k, q_k) of every row.
testing::Oracle rows_of(double (*term)(double, double)) {
  return [term](const testing::Tensors& x) {
    return testing::build({x[0].size(0)}, [&](const auto& i) {
      double total = 0;
      for (std::int64_t k = 0; k < x[0].size(1); ++k) {
        total += term(testing::at(x[0], {i[0], k}), testing::at(x[1], {i[0], k}));
      }
      return total;
    });
  };
}

TEST(Divergence, PublishedByScipy) {
  EXPECT_DOUBLE_EQ(kl_divergence(f64({.5, .5}), f64({.9, .1}), {.base = Base::bits}).value().item(), .7369655941662062);
}

TEST(Divergence, TheArticlesWorms) {
  EXPECT_NEAR(kl_divergence(kTeeth, kUniform).value().item(), .13668, 5e-6);
  EXPECT_NEAR(kl_divergence(kTeeth, kUniform, {.base = Base::bits}).value().item(), .19719, 5e-6);
  EXPECT_NEAR(reverse_kl_divergence(kTeeth, kUniform).value().item(), .16971, 5e-6);
  EXPECT_NEAR(cross_entropy(kTeeth, kUniform).value().item(), 2.39790, 5e-6);
  EXPECT_NEAR(cross_entropy(kUniform, kTeeth).value().item(), 2.56761, 5e-6);
  EXPECT_NEAR(jeffreys_divergence(kTeeth, kUniform).value().item(), .13668 + .16971, 1e-5);
}

TEST(Divergence, HaveTheirDerivatives) {
  const auto both = [](auto f) { return [f](const Variables& x) { return f(x[0], x[1], MeasureOptions{}); }; };
  testing::expect_op(both(cross_entropy), {kP, kQ}, rows_of([](double p, double q) { return -p * std::log(q); }));
  testing::expect_op(both(kl_divergence), {kP, kQ}, rows_of([](double p, double q) { return p * std::log(p / q); }));
  testing::expect_op(both(reverse_kl_divergence), {kP, kQ},
                     rows_of([](double p, double q) { return q * std::log(q / p); }));
  testing::expect_op(both(jeffreys_divergence), {kP, kQ},
                     rows_of([](double p, double q) { return (p - q) * std::log(p / q); }));
  testing::expect_op([](const Variables& x) { return generalized_kl_divergence(x[0] * 3.0, x[1] * .5, Base::bits); },
                     {kP, kQ}, rows_of([](double p, double q) {
                       return (3 * p * std::log(3 * p / (q / 2)) - 3 * p + q / 2) / std::numbers::ln2;
                     }));
}

TEST(Divergence, ValuesAndGradientsAtZeros) {
  const Variable p = Variable::leaf(f64({0, 1, 0})), q = Variable::leaf(f64({.5, .5, 0}));
  const Variable ce = cross_entropy(p, q), d = kl_divergence(p, q), back = reverse_kl_divergence(p, q);
  EXPECT_EQ(ce.value().item(), std::numbers::ln2);
  EXPECT_EQ(d.value().item(), std::numbers::ln2);
  EXPECT_EQ(back.value().item(), kInfinity);
  const double ln2 = std::numbers::ln2;
  EXPECT_THAT(testing::gradient(ce, p), ElementsAre(ln2, ln2, 0));
  EXPECT_THAT(testing::gradient(ce, q), ElementsAre(0, -2, 0));
  EXPECT_THAT(testing::gradient(d, p), ElementsAre(ln2, ln2 + 1, 0));
  EXPECT_THAT(testing::gradient(d, q), ElementsAre(0, -2, 0));
  EXPECT_THAT(testing::gradient(back, p), ElementsAre(-kInfinity, -.5, 0));
  EXPECT_THAT(testing::gradient(back, q), ElementsAre(kInfinity, DoubleNear(1 - ln2, 1e-15), 0));
}

TEST(Divergence, GeneralizedAtZeros) {
  EXPECT_THAT(
      generalized_kl_divergence(f64({{0, 2}, {0, 0}, {1, 0}}), f64({{3, 2}, {0, 0}, {0, 0}})).value().to_vector(),
      ElementsAre(3, 0, kInfinity));
  EXPECT_EQ(error_of([] {
              generalized_kl_divergence(f64({{1, 1}, {2, -1}}), f64({{1, 1}, {1, 1}}));
            }),
            "generalized_kl_divergence: p row 1 has -1 for class 1; measures are finite and at least 0");
  EXPECT_EQ(error_of([] {
              generalized_kl_divergence(f64({1, 1}), f64({kInfinity, 1}));
            }),
            "generalized_kl_divergence: q row 0 has inf for class 0; measures are finite and at least 0");
}

TEST(Divergence, AreTotalAndZeroOnIdenticalArrays) {
  for (const bool normalize : {false, true}) {
    const MeasureOptions options = {.normalize = normalize};
    for (const auto f : {kl_divergence, reverse_kl_divergence, jeffreys_divergence}) {
      const auto on_pairs = [&](const Variables& x) { return f(x[0], x[1], options); };
      testing::expect_total_on_pairs(on_pairs);
      testing::expect_zero_on_identical(on_pairs);
    }
    testing::expect_total_on_pairs([&](const Variables& x) { return cross_entropy(x[0], x[1], options); });
  }
  const auto generalized = [](const Variables& x) { return generalized_kl_divergence(x[0], x[1]); };
  testing::expect_total_on_pairs(generalized);
  testing::expect_zero_on_identical(generalized);
}

}  // namespace
}  // namespace gibbs::losses
