#include "gibbs/losses/measures/jensen_shannon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::f64;

const Tensor kJsP = f64({{.2, .5, .3}, {.7, .1, .2}}), kJsQ = f64({{.3, .3, .4}, {.05, .9, .05}});

double by_definition(const Tensor& p, const Tensor& q, std::int64_t n) {
  double js = 0;
  for (std::int64_t k = 0; k < p.size(1); ++k) {
    const double a = testing::at(p, {n, k}), b = testing::at(q, {n, k}), m = (a + b) / 2;
    js += (a * std::log(a / m) + b * std::log(b / m)) / 2;
  }
  return js;
}

TEST(JensenShannon, BreaksTheTriangleInequalityAndItsRootObeysIt) {
  const Tensor from = f64({{1, 0}, {1, 0}, {.5, .5}}), to = f64({{0, 1}, {.5, .5}, {0, 1}});
  EXPECT_THAT(js_divergence(from, to).value().to_vector(),
              ElementsAre(std::numbers::ln2, DoubleNear(.2158, 5e-5), DoubleNear(.2158, 5e-5)));
  EXPECT_THAT(js_distance(from, to).value().to_vector(),
              ElementsAre(DoubleNear(.8326, 5e-5), DoubleNear(.9290 / 2, 5e-5), DoubleNear(.9290 / 2, 5e-5)));
}

TEST(JensenShannon, PublishedByScipy) {
  EXPECT_DOUBLE_EQ(js_distance(f64({1, 0}), f64({.5, .5})).value().item(), .46450140402245893);
  EXPECT_EQ(js_distance(f64({1, 0, 0}), f64({0, 1, 0}), {.base = Base::bits}).value().item(), 1);
}

TEST(JensenShannon, HaveTheirDerivatives) {
  testing::expect_op([](const Variables& x) { return js_divergence(x[0], x[1]); }, {kJsP, kJsQ},
                     [](const testing::Tensors& x) {
                       return testing::build({2}, [&](const auto& i) { return by_definition(x[0], x[1], i[0]); });
                     });
  testing::expect_op([](const Variables& x) { return js_distance(x[0], x[1], {.base = Base::bits}); }, {kJsP, kJsQ},
                     [](const testing::Tensors& x) {
                       return testing::build({2}, [&](const auto& i) {
                         return std::sqrt(by_definition(x[0], x[1], i[0]) / std::numbers::ln2);
                       });
                     });
}

TEST(JensenShannon, GradientsAtZerosAndWhereBothAreEqual) {
  const double ln2 = std::numbers::ln2;
  const Variable p = Variable::leaf(f64({0, 1, 0})), q = Variable::leaf(f64({1, 0, 0}));
  EXPECT_THAT(testing::gradient(js_divergence(p, q), p), ElementsAre(0, ln2 / 2, 0));
  EXPECT_THAT(testing::gradient(js_divergence(p, q), q), ElementsAre(ln2 / 2, 0, 0));
  const Variable same = Variable::leaf(p.value().clone());
  for (const auto f : {js_divergence, js_distance}) {
    EXPECT_THAT(testing::gradient(f(p, same, {}), p), ElementsAre(0, 0, 0));
    EXPECT_THAT(testing::gradient(f(p, same, {}), same), ElementsAre(0, 0, 0));
  }
}

/// Around p = q the distance is that of a norm: sqrt(sum (p - q)^2 / (8 p)), at every scale.
TEST(JensenShannon, NearEqualInputsKeepTheirDistance) {
  for (const double step : {1e-3, 1e-6, 1e-9, 1e-12, 1e-15}) {
    const double low = .5 - step, high = .5 + step;
    const Variable p = Variable::leaf(f64({.5, .5})), q = Variable::leaf(f64({low, high}));
    const double expected = std::sqrt(((.5 - low) * (.5 - low) + (high - .5) * (high - .5)) / 4);
    EXPECT_NEAR(js_distance(p, q).value().item(), expected, 1e-5 * expected) << step;
    const std::vector<double> dp = testing::gradient(js_distance(p, q), p);
    EXPECT_NEAR(dp[0] - dp[1], 1 / std::numbers::sqrt2 * 1., .01) << step;
  }
}

TEST(JensenShannon, AreTotalAndZeroOnIdenticalArrays) {
  for (const bool normalize : {false, true}) {
    for (const auto f : {js_divergence, js_distance}) {
      const auto on_pairs = [&](const Variables& x) { return f(x[0], x[1], {.normalize = normalize}); };
      testing::expect_total_on_pairs(on_pairs);
      testing::expect_zero_on_identical(on_pairs);
    }
  }
}

}  // namespace
}  // namespace gibbs::losses
