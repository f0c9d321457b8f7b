#include "gibbs/losses/terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses {
namespace {

using testing::f64;

double value(Variable (*f)(const Variable&, const Variable&), double a, double b) {
  return f(f64({a}), f64({b})).value().item();
}

TEST(Terms, LogRatio) {
  testing::expect_op(
      [](const Variables& x) { return log_ratio(x[0], x[1]); }, {testing::random({2, 3}), testing::random({2, 3}, 2)},
      [](const testing::Tensors& x) {
        return testing::build({2, 3},
                              [&](const auto& i) { return std::log(testing::at(x[0], i) / testing::at(x[1], i)); });
      });
  EXPECT_DOUBLE_EQ(value(log_ratio, .3 + .3e-12, .3), std::log1p((.3 + .3e-12 - .3) / .3));
  EXPECT_DOUBLE_EQ(value(log_ratio, 1, 5e-324), -std::log(5e-324));
  EXPECT_EQ(value(log_ratio, .25, 0), kInfinity);
  EXPECT_EQ(value(log_ratio, 0, .25), -kInfinity);
}

TEST(Terms, RelativeEntropyAtZeros) {
  EXPECT_EQ(value(relative_entropy_terms, 0, 0), 0);
  EXPECT_EQ(value(relative_entropy_terms, 0, .5), 0);
  EXPECT_EQ(value(relative_entropy_terms, .5, 0), kInfinity);
  EXPECT_EQ(value(plogq, 0, 0), 0);
  EXPECT_EQ(value(plogq, .5, 0), -kInfinity);
}

TEST(Terms, JensenShannonIsSymmetricAndPositiveForEveryPair) {
  testing::expect_op([](const Variables& x) { return jensen_shannon_terms(x[0], x[1]); },
                     {testing::random({2, 5}, 1, .05, 1), testing::random({2, 5}, 2, .05, 1)},
                     [](const testing::Tensors& x) {
                       return testing::build({2, 5}, [&](const auto& i) {
                         const double p = testing::at(x[0], i), q = testing::at(x[1], i), m = (p + q) / 2;
                         return (p * std::log(p / m) + q * std::log(q / m)) / 2;
                       });
                     });
  for (const double p : {0., 5e-324, 1e-300, .1, .2, std::nextafter(.2, 1), .2 + 1e-9, .6, 1.}) {
    for (const double q : {0., 5e-324, 1e-300, .1, .2, std::nextafter(.2, 1), .2 + 1e-9, .6, 1.}) {
      const double term = value(jensen_shannon_terms, p, q);
      EXPECT_EQ(term, value(jensen_shannon_terms, q, p)) << p << " " << q;
      EXPECT_TRUE(p == q ? term == 0 : term > 0 || p + q < 1e-299) << p << " " << q << " " << term;
    }
  }
  EXPECT_EQ(value(jensen_shannon_terms, 1, 0), std::numbers::ln2 / 2);
}

/// For small differences JS is (p - q)^2 / (4 (p + q)).
TEST(Terms, JensenShannonKeepsItsDigitsForNearEqualInputs) {
  for (const double q : {std::nextafter(.2, 1), .2 + 1e-12, .2 + 1e-9}) {
    const double expected = (q - .2) * (q - .2) / (4 * (q + .2));
    EXPECT_NEAR(value(jensen_shannon_terms, .2, q), expected, 1e-8 * expected);
  }
}

TEST(Terms, OperandsOfUnequalShapesAreRefused) {
  EXPECT_EQ(testing::error_of([] {
              log_ratio(f64({1, 2, 3}), f64({1, 2}));
            }),
            "log_ratio: operands are float64 [3] and float64 [2]; they must be equal, broadcast or cast one");
  EXPECT_EQ(
      testing::error_of([] {
        jensen_shannon_terms(f64({1, 2}), Tensor::of({1, 2}));
      }),
      "jensen_shannon_terms: operands are float64 [2] and float32 [2]; they must be equal, broadcast or cast one");
}

}  // namespace
}  // namespace gibbs::losses
