#include "gibbs/losses/measures/renyi_tsallis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/information.h"
#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;
using ::testing::Pointwise;

const Tensor kRenyiP = f64({{.2, .5, .3}, {.7, .1, .2}}), kRenyiQ = f64({{.3, .3, .4}, {.05, .9, .05}});
const Tensor kZ = f64({{.4, -.5, 1}, {-1, .3, .6}}), kY = f64({{1, 0, -.7}, {.2, .3, -1.5}});

/// sum p^a q^(1 - a) of row n.
double power_sum(const Tensor& p, const Tensor& q, std::int64_t n, double a) {
  double total = 0;
  for (std::int64_t k = 0; k < p.size(1); ++k) {
    total += std::pow(testing::at(p, {n, k}), a) * std::pow(testing::at(q, {n, k}), 1 - a);
  }
  return total;
}

TEST(RenyiTsallis, AgreeWithTheirDefinitions) {
  for (const double a : {0., .3, .7, 1.2, 2., 5., 40.}) {
    for (std::int64_t n = 0; n < 2; ++n) {
      const double entropic = [&] {
        double total = 0;
        for (std::int64_t k = 0; k < 3; ++k) {
          total += std::pow(kRenyiP.at({n, k}), a);
        }
        return total;
      }();
      const double mixed = power_sum(kRenyiP, kRenyiQ, n, a);
      const auto near = [n](const Variable& y, double expected) {
        return std::abs(y.value().to_vector()[n] - expected) <= 1e-13 * std::max(1., std::abs(expected));
      };
      EXPECT_TRUE(near(renyi_entropy(kRenyiP, a), std::log(entropic) / (1 - a))) << a;
      EXPECT_TRUE(near(tsallis_entropy(kRenyiP, a), (1 - entropic) / (a - 1))) << a;
      EXPECT_TRUE(near(renyi_divergence(kRenyiP, kRenyiQ, a), std::log(mixed) / (a - 1))) << a;
      EXPECT_TRUE(near(tsallis_divergence(kRenyiP, kRenyiQ, a), (mixed - 1) / (a - 1))) << a;
      EXPECT_TRUE(near(renyi_divergence(kRenyiP, kRenyiQ, a, {.base = Base::bits}), std::log2(mixed) / (a - 1))) << a;
    }
  }
}

/// Derivatives through softmax: along changes that distributions can make. Tsallis at large orders is constant (or
/// astronomic) and has none to compare.
TEST(RenyiTsallis, HaveTheirDerivatives) {
  for (const double a : {.3, .999999, 1., 1.4, 3., 40., kInfinity}) {
    for (const auto f : {renyi_divergence, tsallis_divergence}) {
      if (f == tsallis_divergence && a >= 40) {
        continue;
      }
      const auto g = [&](const Variables& x) { return f(softmax(x[0]), softmax(x[1]), a, {}); };
      const auto first = gradcheck(g, {kZ, kY}), second = gradgradcheck(g, {kZ, kY});
      EXPECT_TRUE(first) << a << " " << first.message;
      EXPECT_TRUE(second) << a << " " << second.message;
    }
    for (const auto f : {renyi_entropy, tsallis_entropy}) {
      if (f == tsallis_entropy && a >= 40) {
        continue;
      }
      const auto g = [&](const Variables& x) { return f(softmax(x[0]), a, {}); };
      const auto first = gradcheck(g, {kZ}), second = gradgradcheck(g, {kZ});
      EXPECT_TRUE(first) << a << " " << first.message;
      EXPECT_TRUE(second) << a << " " << second.message;
    }
  }
}

TEST(RenyiTsallis, AreShannonsAtOneAndNearIt) {
  const auto h = entropy(kRenyiP).value().to_vector(), d = kl_divergence(kRenyiP, kRenyiQ).value().to_vector();
  for (const double a : {1., 1 - 1e-12, 1 + 1e-12, 1 + 1e-15}) {
    for (const auto f : {renyi_entropy, tsallis_entropy}) {
      EXPECT_THAT(f(kRenyiP, a, {}).value().to_vector(), Pointwise(DoubleNear(1e-11), h)) << a;
    }
    for (const auto f : {renyi_divergence, tsallis_divergence}) {
      EXPECT_THAT(f(kRenyiP, kRenyiQ, a, {}).value().to_vector(), Pointwise(DoubleNear(1e-11), d)) << a;
    }
  }
  for (const auto f : {renyi_divergence, tsallis_divergence}) {
    const Variable q = Variable::leaf(kRenyiQ);
    EXPECT_THAT(testing::gradient(f(kRenyiP, q, 1 + 1e-12, {}), q),
                Pointwise(DoubleNear(1e-9), testing::gradient(f(kRenyiP, q, 1, {}), q)));
  }
}

TEST(RenyiTsallis, Limits) {
  const Tensor p = f64({.25, .75, 0, 0}), q = f64({.5, .25, .25, 0});
  EXPECT_DOUBLE_EQ(renyi_entropy(p, 0).value().item(), std::numbers::ln2);
  EXPECT_DOUBLE_EQ(renyi_entropy(p, kInfinity).value().item(), -std::log(.75));
  EXPECT_DOUBLE_EQ(tsallis_entropy(p, 0).value().item(), 1);
  EXPECT_EQ(tsallis_entropy(p, kInfinity).value().item(), 0);
  EXPECT_DOUBLE_EQ(renyi_divergence(p, q, 0).value().item(), -std::log(.75));
  EXPECT_DOUBLE_EQ(renyi_divergence(p, q, kInfinity).value().item(), std::log(3));
  EXPECT_DOUBLE_EQ(tsallis_divergence(p, q, 0).value().item(), .25);
  EXPECT_EQ(tsallis_divergence(p, q, kInfinity).value().item(), kInfinity);
  EXPECT_EQ(tsallis_divergence(p, p, kInfinity).value().item(), 0);
  EXPECT_NEAR(renyi_divergence(p, q, 1e6).value().item(), std::log(3), 1e-5);
  EXPECT_NEAR(renyi_entropy(p, 1e6).value().item(), -std::log(.75), 1e-5);
}

TEST(RenyiTsallis, AtZeros) {
  const Tensor p = f64({{.5, .5, 0}, {1, 0, 0}}), q = f64({{.5, 0, .5}, {0, .5, .5}});
  const auto values = [&](auto f, double a) { return f(p, q, a, {}).value().to_vector(); };
  EXPECT_THAT(values(renyi_divergence, .5), ElementsAre(DoubleNear(2 * std::numbers::ln2, 1e-15), kInfinity));
  EXPECT_THAT(values(tsallis_divergence, .5), ElementsAre(DoubleNear(1, 1e-15), 2));
  for (const double a : {1., 1.5, 2., kInfinity}) {
    EXPECT_THAT(values(renyi_divergence, a), Each(kInfinity));
    EXPECT_THAT(values(tsallis_divergence, a), Each(kInfinity));
  }
  EXPECT_DOUBLE_EQ(tsallis_divergence(p, q, .5, {.base = Base::bits}).value().to_vector()[1], 2 / std::numbers::ln2);
  const Variable leaf = Variable::leaf(p);
  EXPECT_THAT(testing::gradient(renyi_divergence(leaf, q, 2), leaf), Each(0));
}

TEST(RenyiTsallis, OrdersOutsideOfTheirRange) {
  EXPECT_EQ(error_of([] { renyi_entropy(kRenyiP, -1); }), "renyi_entropy: alpha is -1; orders are in [0, inf]");
  EXPECT_EQ(error_of([] { tsallis_entropy(kRenyiP, std::nan("")); }),
            "tsallis_entropy: alpha is nan; orders are in [0, inf]");
  EXPECT_EQ(error_of([] { renyi_divergence(kRenyiP, kRenyiQ, -.5); }),
            "renyi_divergence: alpha is -0.5; orders are in [0, inf]");
  EXPECT_EQ(error_of([] { tsallis_divergence(kRenyiP, kRenyiQ, -.5); }),
            "tsallis_divergence: alpha is -0.5; orders are in [0, inf]");
}

TEST(RenyiTsallis, AreTotalAndZeroOnIdenticalArrays) {
  for (const double a : {0., .01, .5, 1 - 1e-9, 1., 1.5, 2., 30., 1e4, kInfinity}) {
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, "alpha " + std::to_string(a));
    for (const auto f : {renyi_entropy, tsallis_entropy}) {
      testing::expect_total([&](const Variables& x) { return f(x[0], a, {}); });
    }
    for (const auto f : {renyi_divergence, tsallis_divergence}) {
      const auto on_pairs = [&](const Variables& x) { return f(x[0], x[1], a, {}); };
      testing::expect_total_on_pairs(on_pairs);
      testing::expect_zero_on_identical(on_pairs);
      testing::expect_total_on_pairs([&](const Variables& x) { return f(x[0], x[1], a, {.normalize = true}); });
    }
  }
}

}  // namespace
}  // namespace gibbs::losses
