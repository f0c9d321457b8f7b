#include "gibbs/losses/measures/gaussian_kl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;

const Tensor kMean = f64({{.5, -1}, {2, .25}}), kLogVariance = f64({{.3, -.7}, {-2, 1.5}});

/// By the definition, with variances.
double by_definition(double mean_p, double log_variance_p, double mean_q, double log_variance_q) {
  const double p = std::exp(log_variance_p), q = std::exp(log_variance_q);
  return (std::log(q / p) + (p + (mean_p - mean_q) * (mean_p - mean_q)) / q - 1) / 2;
}

TEST(GaussianKl, RowsAreSumsAndMeanIsOverRows) {
  const Tensor mean = f64({{1, 2}, {3, 0}}), unit = f64({{0, 0}, {0, 0}});
  const auto with = [&](const GaussianKlOptions& options) {
    return gaussian_kl_to_standard_normal(mean, unit, options).value().to_vector();
  };
  EXPECT_THAT(with({.reduction = Reduction::none}), ElementsAre(2.5, 4.5));
  EXPECT_THAT(with({.reduction = Reduction::sum}), ElementsAre(7));
  EXPECT_THAT(with({}), ElementsAre(3.5));
  EXPECT_THAT(with({.base = Base::bits}), ElementsAre(DoubleEq(3.5 / std::numbers::ln2)));
}

TEST(GaussianKl, NearlyEqualGaussiansKeepTheirDistance) {
  for (const double step : {1e-3, 1e-6, 1e-9, 1e-12, 1e-100}) {
    const Variable log_variance = Variable::leaf(f64({step}));
    const Variable loss = gaussian_kl_to_standard_normal(f64({0}), log_variance);
    const double expected = step * step / 4 * (1 + step / 3);
    EXPECT_NEAR(loss.value().item(), expected, 1e-6 * expected) << step;
    EXPECT_NEAR(testing::gradient(loss, log_variance)[0], step / 2, 1e-3 * step) << step;
  }
  // The power series and the closed form meet at |x| = 1.
  for (const double x : {-1.5, -1., -.999999, .999999, 1., 1.5}) {
    EXPECT_DOUBLE_EQ(gaussian_kl_to_standard_normal(f64({0}), f64({x})).value().item(), (std::expm1(x) - x) / 2);
  }
}

TEST(GaussianKl, OfAGaussianToItselfIsZero) {
  const Variable mean = Variable::leaf(kMean), log_variance = Variable::leaf(kLogVariance);
  const Variable loss = gaussian_kl({mean, log_variance}, {kMean.clone(), kLogVariance.clone()});
  EXPECT_EQ(loss.value().item(), 0);
  EXPECT_THAT(testing::gradient(loss, mean), Each(0));
  EXPECT_THAT(testing::gradient(loss, log_variance), Each(0));
}

TEST(GaussianKl, IsTotal) {
  const auto to_standard = [](const Variables& x) { return gaussian_kl_to_standard_normal(x[0], x[1]); };
  const auto between = [](const Variables& x) { return gaussian_kl({x[0], x[1]}, {x[2], x[3]}); };
  const std::vector<double> means = {0, -3, 1e8}, scales = {0, 1e-20, -50, 200, -1e8, 1e8};
  for (const DType dtype : {DType::float32, DType::float64}) {
    const auto one = [dtype](double x) { return Tensor::full({1, 1}, x, dtype); };
    for (const double scale : scales) {
      for (const double mean : means) {
        testing::expect_no_nan(to_standard, {one(mean), one(scale)});
        for (const double other_scale : scales) {
          for (const double other_mean : means) {
            testing::expect_no_nan(between, {one(mean), one(scale), one(other_mean), one(other_scale)});
          }
        }
      }
    }
    testing::expect_no_nan(to_standard, {one(0), one(-kInfinity)});
    EXPECT_EQ(gaussian_kl_to_standard_normal(one(0), one(-kInfinity)).value().item(), kInfinity);
  }
}

RC_GTEST_PROP(GaussianKl, IsThatOfTheDefinitionAndAtLeastZero, ()) {
  const auto number = [](double scale) { return scale * *rc::gen::inRange(-1000, 1001) / 1000; };
  const double spread = *rc::gen::element(1e-3, 1., 10.);
  const double mean_p = number(spread), mean_q = number(spread), p = number(spread), q = number(spread);
  const double kl = gaussian_kl({f64({mean_p}), f64({p})}, {f64({mean_q}), f64({q})}).value().item();
  const double expected = by_definition(mean_p, p, mean_q, q);
  RC_ASSERT(kl >= 0);
  RC_ASSERT((kl == 0) == (mean_p == mean_q && p == q));
  RC_ASSERT(std::abs(kl - expected) <= 1e-13 * std::max(1., expected));
}

TEST(GaussianKl, Errors) {
  const Tensor x = f64({{1, 2}}), y = f64({1, 2});
  EXPECT_EQ(
      error_of([&] { gaussian_kl_to_standard_normal(x, y); }),
      "gaussian_kl_to_standard_normal: the mean is [1, 2], the log variance [2]; they must be equal, broadcast one");
  EXPECT_EQ(error_of([&] {
              gaussian_kl({x, x}, {y, x});
            }),
            "gaussian_kl: the mean is [1, 2], the mean of q [2]; they must be equal, broadcast one");
  EXPECT_EQ(error_of([&] {
              gaussian_kl({x, x}, {x, Tensor::zeros({1, 2})});
            }),
            "gaussian_kl: dtypes differ: the mean is float64, the log variance of q float32; convert one with cast");
  const Tensor none = f64({}), integer = Tensor::zeros({2}, DType::int64);
  EXPECT_EQ(error_of([&] { gaussian_kl_to_standard_normal(none, none); }),
            "gaussian_kl_to_standard_normal: needs at least one row and one element, not shape [0]");
  EXPECT_EQ(error_of([&] { gaussian_kl_to_standard_normal(integer, integer); }),
            "gaussian_kl_to_standard_normal: the mean must be float32 or float64, not int64");
}

}  // namespace
}  // namespace gibbs::losses
