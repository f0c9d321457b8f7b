#include "gibbs/losses/focal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/binary_cross_entropy.h"
#include "gibbs/losses/cross_entropy.h"
#include "tests/losses/nasty.h"
#include "tests/losses/oracle.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;

const Tensor kFocalYes = f64({{.2, .9, .7}, {.1, .5, .6}}), kFocalLogits = f64({{1, -.5, .25}, {-2, 1.5, .75}});
const Tensor kFocalProbabilities = f64({{.3, .6, .9}, {.2, .55, .05}});
const Tensor kSoft = f64({{.2, .5, .3}, {.7, .1, .2}}), kAlpha = f64({.25, 1, 1.5});

double term(double p, double q, double gamma) { return -p * std::pow(1 - q, gamma) * std::log(q); }

TEST(BinaryFocal, HasItsDerivatives) {
  for (const double gamma : {0., .5, 1., 2., 3.5}) {
    const BinaryFocalOptions focal = {.gamma = gamma, .alpha = .25};
    const BinaryOptions rows = {.reduction = Reduction::none};
    const auto oracle = [&](bool logits) {
      return [gamma, logits](const testing::Tensors& x) {
        return testing::build({2}, [&](const auto& i) {
          double total = 0;
          for (std::int64_t k = 0; k < 3; ++k) {
            const double p = x[0].at({i[0], k}), given = x[1].at({i[0], k});
            const double q = logits ? 1 / (1 + std::exp(-given)) : given;
            total += .25 * term(p, q, gamma) + .75 * term(1 - p, 1 - q, gamma);
          }
          return total / 3;
        });
      };
    };
    testing::expect_op([&](const Variables& x) { return binary_focal_loss_with_logits(x[0], x[1], focal, rows); },
                       {kFocalYes, kFocalLogits}, oracle(true));
    testing::expect_op(
        [&](const Variables& x) { return binary_focal_loss_with_probabilities(x[0], x[1], focal, rows); },
        {kFocalYes, kFocalProbabilities}, oracle(false));
  }
}

TEST(CategoricalFocal, HasItsDerivatives) {
  for (const double gamma : {0., .5, 1., 2., 3.5}) {
    const CategoricalFocalOptions focal = {.gamma = gamma, .alpha = kAlpha};
    const CategoricalOptions rows = {.reduction = Reduction::none, .class_weights = f64({2, 1, .5})};
    const auto oracle = [gamma](const testing::Tensors& x) {
      return testing::build({2}, [&](const auto& i) {
        const oracle::Row q = oracle::softmax(oracle::matrix_of(x[1])[static_cast<std::size_t>(i[0])]);
        double total = 0;
        for (std::int64_t k = 0; k < 3; ++k) {
          const double w = kAlpha.at({k}) * std::vector{2., 1., .5}[static_cast<std::size_t>(k)];
          total += w * term(x[0].at({i[0], k}), q[static_cast<std::size_t>(k)], gamma);
        }
        return total;
      });
    };
    testing::expect_op([&](const Variables& x) { return categorical_focal_loss_with_logits(x[0], x[1], focal, rows); },
                       {kSoft, kFocalLogits}, oracle);
    // Through softmax, since a perturbed row of probabilities is no distribution.
    testing::expect_op(
        [&](const Variables& x) { return categorical_focal_loss_with_probabilities(x[0], softmax(x[1]), focal, rows); },
        {kSoft, kFocalLogits}, oracle);
  }
}

/// Lin et al. 2017, section 3.1: with gamma = 2 an example with p_t = .9 counts 100 times less, one with .968 1000
/// times.
TEST(BinaryFocal, PublishedByLin) {
  for (const double q : {.9, .968}) {
    const double plain = binary_cross_entropy_with_probabilities(f64({1}), f64({q})).value().item();
    const double focal = binary_focal_loss_with_probabilities(f64({1}), f64({q})).value().item();
    EXPECT_NEAR(plain / focal, q == .9 ? 100 : 976.5625, 1e-9);
  }
}

TEST(CategoricalFocal, MeanDividesByClassWeightsAndNotByAlpha) {
  const Tensor labels = Tensor::of({0, 2}, DType::int64), w = f64({1, 1, 3});
  const auto with = [&](const CategoricalFocalOptions& focal, const CategoricalOptions& options) {
    return categorical_focal_loss_with_logits(labels, kFocalLogits, focal, options).value().item();
  };
  const double sum = with({.alpha = w}, {.reduction = Reduction::sum});
  EXPECT_DOUBLE_EQ(with({.alpha = w}, {}), sum / 2);
  EXPECT_DOUBLE_EQ(with({}, {.class_weights = w}), sum / 4);
  const Tensor first_only = f64({2, 0});
  EXPECT_DOUBLE_EQ(with({}, {.sample_weights = first_only}),
                   with({}, {.reduction = Reduction::sum, .sample_weights = first_only}) / 2);
  const Tensor quarter = Tensor::full({}, .25, DType::float64);
  EXPECT_DOUBLE_EQ(with({.alpha = quarter}, {}), with({}, {}) / 4);
}

TEST(CategoricalFocal, SmallRestsAreNotLostInRounding) {
  // At z = [50, 0], 1 - q is e^-50, of which 1 - softmax(z) has no digit.
  const double rest = std::exp(-50.);
  const Tensor first = Tensor::of({0}, DType::int64);
  const Variable z = Variable::leaf(f64({{50, 0}}));
  const Variable loss = categorical_focal_loss_with_logits(first, z, {.gamma = .5});
  EXPECT_NEAR(loss.value().item() / (std::sqrt(rest) * rest), 1, 1e-12);
  EXPECT_NEAR(testing::gradient(loss, z)[0] / (-1.5 * std::sqrt(rest) * rest), 1, 1e-12);
  // The same logits far from 0, and in company.
  const Variable far = Variable::leaf(f64({{1e6 + 50, 1e6, -1e6}}));
  const Variable same = categorical_focal_loss_with_logits(first, far, {.gamma = .5});
  EXPECT_NEAR(same.value().item() / (std::sqrt(rest) * rest), 1, 1e-12);
}

TEST(BinaryFocal, CertaintiesAndInfiniteLogits) {
  const BinaryOptions rows = {.reduction = Reduction::none};
  const Tensor p = f64({0, 1, 1, 0});
  for (const double gamma : {0., .5, 1., 2.}) {
    const BinaryFocalOptions focal = {.gamma = gamma};
    const Variable z = Variable::leaf(f64({-kInfinity, kInfinity, -kInfinity, kInfinity}));
    const Variable loss = binary_focal_loss_with_logits(p, z, focal, rows);
    EXPECT_THAT(loss.value().to_vector(), ElementsAre(0, 0, kInfinity, kInfinity)) << gamma;
    EXPECT_THAT(testing::gradient(loss, z), ElementsAre(0, 0, -1, 1)) << gamma;
    const Variable q = Variable::leaf(f64({0, 1, 0, 1}));
    const Variable same = binary_focal_loss_with_probabilities(p, q, focal, rows);
    EXPECT_THAT(same.value().to_vector(), ElementsAre(0, 0, kInfinity, kInfinity)) << gamma;
    EXPECT_THAT(testing::gradient(same, q), ElementsAre(gamma == 0 ? 1 : 0, gamma == 0 ? -1 : 0, -kInfinity, kInfinity))
        << gamma;
  }
}

TEST(CategoricalFocal, ACertaintyThatComesTrueCostsNothing) {
  for (const double gamma : {0., .5, 1., 2.}) {
    const Tensor label = Tensor::of({1}, DType::int64);
    const Variable q = Variable::leaf(f64({{0, 1, 0}})), z = Variable::leaf(f64({{-kInfinity, 3, -kInfinity}}));
    const Variable loss = categorical_focal_loss_with_probabilities(label, q, {.gamma = gamma});
    EXPECT_EQ(loss.value().item(), 0);
    EXPECT_THAT(testing::gradient(loss, q), ElementsAre(0, gamma == 0 ? -1 : 0, 0));
    const Variable same = categorical_focal_loss_with_logits(label, z, {.gamma = gamma});
    EXPECT_EQ(same.value().item(), 0);
    EXPECT_THAT(testing::gradient(same, z), Each(0));
  }
}

TEST(BinaryFocal, IsTotal) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const bool single = dtype == DType::float32;
    const std::vector<double> numbers = {0, 1, .5, single ? 1e-45 : 5e-324, single ? 1 - 6e-8 : 1 - 1.2e-16};
    const auto number = [dtype](double x) { return Tensor::full({1, 1}, x, dtype); };
    for (const double gamma : {0., .5, 1., 1.5, 2.}) {
      for (const std::optional<double> alpha : {std::optional<double>(), std::optional(0.), std::optional(1.)}) {
        for (const double p : numbers) {
          for (const double q : numbers) {
            testing::expect_no_nan(
                [&](const Variables& x) {
                  return binary_focal_loss_with_probabilities(x[0], x[1], {.gamma = gamma, .alpha = alpha});
                },
                {number(p), number(q)});
          }
          for (const double z : {0., 1e8, -1e8, 3e38, kInfinity, -kInfinity}) {
            testing::expect_no_nan(
                [&](const Variables& x) {
                  return binary_focal_loss_with_logits(x[0], x[1], {.gamma = gamma, .alpha = alpha});
                },
                {number(p), number(z)});
          }
        }
      }
    }
  }
}

TEST(Focal, APredictionThatIsNotANumberMakesTheLossNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double gamma : {0., .5, 2.}) {
    for (const auto loss : {binary_focal_loss_with_probabilities, binary_focal_loss_with_logits}) {
      EXPECT_TRUE(std::isnan(loss(f64({1}), f64({nan}), {.gamma = gamma}, {}).value().item())) << gamma;
    }
  }
}

TEST(CategoricalFocal, IsTotal) {
  for (const double gamma : {0., .5, 1., 1.5, 2.}) {
    testing::expect_total_on_pairs(
        [&](const Variables& x) { return categorical_focal_loss_with_probabilities(x[0], x[1], {.gamma = gamma}); });
    const auto on_logits = [gamma](const Variables& x) {
      return categorical_focal_loss_with_logits(x[0], x[1], {.gamma = gamma});
    };
    for (const DType dtype : {DType::float32, DType::float64}) {
      for (const Tensor& p : testing::nasty_distributions(dtype)) {
        for (const NestedList& z : std::vector<NestedList>{{{0, 0, 0}},
                                                           {{1e8, -1e8, 0}},
                                                           {{1e8, 1e8, 1e8}},
                                                           {{-1e8, -1e8, 1e8}},
                                                           {{0, -kInfinity, 0}},
                                                           {{-kInfinity, -kInfinity, 5}}}) {
          testing::expect_no_nan(on_logits, {p, Tensor::of(z, dtype)});
        }
      }
      testing::expect_no_nan(on_logits, {Tensor::ones({1, 1}, dtype), Tensor::full({1, 1}, -7, dtype)});
    }
  }
}

TEST(CategoricalFocal, BatchesOfIgnoredRowsAreZero) {
  const Variable z = Variable::leaf(kFocalLogits);
  const Variable loss =
      categorical_focal_loss_with_logits(Tensor::of({-1, -1}, DType::int64), z, {}, {.ignore_index = -1});
  EXPECT_EQ(loss.value().item(), 0);
  EXPECT_THAT(testing::gradient(loss, z), Each(0));
}

struct FocalBatch {
  Tensor p, z;  // [N, K], float64
};

FocalBatch arbitrary_focal_batch(std::int64_t k) {
  const auto n = *rc::gen::inRange<std::int64_t>(1, 5);
  const double spread = *rc::gen::element(1., 40., 1e8);
  FocalBatch batch = {Tensor::zeros({n, k}, DType::float64), Tensor::zeros({n, k}, DType::float64)};
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<int> counts =
        *rc::gen::container<std::vector<int>>(static_cast<std::size_t>(k), rc::gen::inRange(0, 4));
    counts[0] += 1;
    double total = 0;
    for (int count : counts) {
      total += count;
    }
    for (std::int64_t j = 0; j < k; ++j) {
      batch.p.set({i, j}, counts[static_cast<std::size_t>(j)] / total);
      batch.z.set({i, j}, spread * *rc::gen::inRange(-1000, 1001) / 1000);
    }
  }
  return batch;
}

bool nearly_equal(double a, double b) { return a == b || std::abs(a - b) <= 1e-13 * std::max(1., std::abs(b)); }

bool all_close(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), nearly_equal);
}

RC_GTEST_PROP(Focal, WithGammaZeroIsCrossEntropy, ()) {
  const auto [p, z_value] = arbitrary_focal_batch(*rc::gen::inRange<std::int64_t>(1, 5));
  const Variable z = Variable::leaf(z_value);
  const CategoricalOptions options = {.label_smoothing = *rc::gen::element(0., .1)};
  const Variable focal = categorical_focal_loss_with_logits(p, z, {.gamma = 0}, options);
  const Variable plain = cross_entropy_with_logits(p, z, options);
  RC_ASSERT(nearly_equal(focal.value().item(), plain.value().item()));
  RC_ASSERT(all_close(testing::gradient(focal, z), testing::gradient(plain, z)));
  const Tensor q = softmax(z).value();
  RC_ASSERT(nearly_equal(categorical_focal_loss_with_probabilities(p, q, {.gamma = 0}).value().item(),
                         cross_entropy_with_probabilities(p, q).value().item()));
  RC_ASSERT(binary_focal_loss_with_logits(p, z, {.gamma = 0}).value().item() ==
            binary_cross_entropy_with_logits(p, z).value().item());
  RC_ASSERT(binary_focal_loss_with_probabilities(p, q, {.gamma = 0}).value().item() ==
            binary_cross_entropy_with_probabilities(p, q).value().item());
}

RC_GTEST_PROP(Focal, OfALogitIsThatOfTwoClasses, ()) {
  const auto [two, logits] = arbitrary_focal_batch(2);
  const double gamma = *rc::gen::element(0., .5, 1., 2.);
  const auto column = [n = two.size(0)](const Tensor& x, std::int64_t k) {
    return slice(x, 1, k, k + 1).value().reshape({n});
  };
  const Tensor z = column(logits, 1), zeros = Tensor::zeros(z.shape(), DType::float64);
  const Variable categorical = categorical_focal_loss_with_logits(two, stack({zeros, z}, 1), {.gamma = gamma});
  RC_ASSERT(nearly_equal(binary_focal_loss_with_logits(column(two, 1), z, {.gamma = gamma}).value().item(),
                         categorical.value().item()));
}

RC_GTEST_PROP(Focal, LabelSmoothingMixesTheTarget, ()) {
  const auto k = *rc::gen::inRange<std::int64_t>(1, 5);
  const auto [p, z] = arbitrary_focal_batch(k);
  const double s = *rc::gen::element(.1, .5, 1.), classes = static_cast<double>(k);
  const Tensor mixed = (Variable(p) * (1 - s) + s / classes).value(), coin = (Variable(p) * (1 - s) + s / 2).value();
  RC_ASSERT(nearly_equal(categorical_focal_loss_with_logits(p, z, {}, {.label_smoothing = s}).value().item(),
                         categorical_focal_loss_with_logits(mixed, z).value().item()));
  RC_ASSERT(nearly_equal(binary_focal_loss_with_logits(p, z, {}, {.label_smoothing = s}).value().item(),
                         binary_focal_loss_with_logits(coin, z).value().item()));
}

TEST(Focal, Errors) {
  const Tensor p = f64({{1, 0}}), z = f64({{1, 2}});
  EXPECT_EQ(error_of([&] { binary_focal_loss_with_logits(p, z, {.gamma = -1}); }),
            "binary_focal_loss_with_logits: gamma is -1; it is finite and at least 0");
  EXPECT_EQ(error_of([&] { categorical_focal_loss_with_logits(p, z, {.gamma = kInfinity}); }),
            "categorical_focal_loss_with_logits: gamma is inf; it is finite and at least 0");
  EXPECT_EQ(error_of([&] { binary_focal_loss_with_probabilities(p, p, {.alpha = 1.5}); }),
            "binary_focal_loss_with_probabilities: alpha is 1.5; yes and no share 1, so it is in [0, 1]");
  EXPECT_EQ(error_of([&] {
              categorical_focal_loss_with_probabilities(p, p, {.alpha = f64({1, 2, 3})});
            }),
            "categorical_focal_loss_with_probabilities: alpha is [3]; 2 classes need shape [2], or one number []");
  EXPECT_EQ(error_of([&] {
              categorical_focal_loss_with_logits(p, z, {.alpha = f64({1, -2})});
            }),
            "categorical_focal_loss_with_logits: alpha[1] is -2; weights are finite and at least 0");
}

}  // namespace
}  // namespace gibbs::losses
