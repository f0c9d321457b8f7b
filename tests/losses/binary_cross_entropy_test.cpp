#include "gibbs/losses/binary_cross_entropy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/losses/cross_entropy.h"
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

const Tensor kBinaryTarget = f64({{.2, 1, .7}, {0, .5, .9}}), kBinaryLogits = f64({{1, -.5, .25}, {-2, 1.5, .75}});
const Tensor kBinaryProbabilities = f64({{.3, .6, .9}, {.2, .55, .05}});
const Tensor kPositive = f64({.5, 2, 1.25}), kTwoWeights = f64({.4, 1.6});

/// By the definition: -(w p ln q + (1 - p) ln(1 - q)).
double term(double p, double q, double w = 1) { return -(w * p * std::log(q) + (1 - p) * std::log(1 - q)); }

double sigmoid_of(double z) { return 1 / (1 + std::exp(-z)); }

TEST(BinaryCrossEntropy, PublishedByKeras) {
  const Tensor p = Tensor::of({0, 1, 0, 0}), z = Tensor::of({-18.6, .51, 2.94, -12.8});
  EXPECT_NEAR(binary_cross_entropy_with_logits(p, z).value().item(), .8654, 1e-4);  // cut, not rounded
  const Tensor labels = Tensor::of({{0, 1}, {0, 0}}), q = Tensor::of({{.6, .4}, {.4, .6}});
  EXPECT_THAT(binary_cross_entropy_with_probabilities(labels, q, {.reduction = Reduction::none}).value().to_vector(),
              ElementsAre(DoubleNear(.916, 5e-4), DoubleNear(.714, 5e-4)));
}

TEST(BinaryCrossEntropy, HasItsDerivatives) {
  const BinaryOptions options = {.reduction = Reduction::none,
                                 .label_smoothing = .1,
                                 .positive_weight = kPositive,
                                 .sample_weights = kTwoWeights,
                                 .base = Base::bits};
  const auto rows = [](const testing::Tensors& x, bool logits) {
    return testing::build({2}, [&](const auto& i) {
      double total = 0;
      for (std::int64_t k = 0; k < 3; ++k) {
        const double given = x[1].at({i[0], k}), p = x[0].at({i[0], k}) * .9 + .05;
        total += term(p, logits ? sigmoid_of(given) : given, kPositive.at({k}));
      }
      return kTwoWeights.at({i[0]}) * total / 3 / std::numbers::ln2;
    });
  };
  const Tensor inside = f64({{.2, .9, .7}, {.1, .5, .9}});  // differences must not leave [0, 1]
  testing::expect_op([&](const Variables& x) { return binary_cross_entropy_with_logits(x[0], x[1], options); },
                     {inside, kBinaryLogits}, [&](const testing::Tensors& x) { return rows(x, true); });
  testing::expect_op([&](const Variables& x) { return binary_cross_entropy_with_probabilities(x[0], x[1], options); },
                     {inside, kBinaryProbabilities}, [&](const testing::Tensors& x) { return rows(x, false); });
}

TEST(BinaryCrossEntropy, RowsAreMeansAndMeanIsDividedByTheSampleWeights) {
  const auto with = [](Reduction reduction, const Tensor& weights) {
    return binary_cross_entropy_with_logits(kBinaryTarget, kBinaryLogits,
                                            {.reduction = reduction, .sample_weights = weights})
        .value()
        .to_vector();
  };
  const std::vector<double> rows = with(Reduction::none, {});
  for (std::size_t n = 0; n < 2; ++n) {
    double expected = 0;
    for (std::int64_t k = 0; k < 3; ++k) {
      const auto row = static_cast<std::int64_t>(n);
      expected += term(kBinaryTarget.at({row, k}), sigmoid_of(kBinaryLogits.at({row, k}))) / 3;
    }
    EXPECT_NEAR(rows[n], expected, 1e-15);
  }
  EXPECT_THAT(with(Reduction::sum, {}), ElementsAre(DoubleNear(rows[0] + rows[1], 1e-15)));
  EXPECT_THAT(with(Reduction::mean, {}), ElementsAre(DoubleNear((rows[0] + rows[1]) / 2, 1e-15)));
  const Tensor w = Tensor::of({1, 3});  // float32 weights are taken in the logits' dtype
  EXPECT_THAT(with(Reduction::none, w), ElementsAre(DoubleNear(rows[0], 1e-15), DoubleNear(3 * rows[1], 1e-15)));
  EXPECT_THAT(with(Reduction::mean, w), ElementsAre(DoubleNear((rows[0] + 3 * rows[1]) / 4, 1e-15)));
  EXPECT_THAT(with(Reduction::mean, Tensor::of({0, 0})), ElementsAre(0));
}

TEST(BinaryCrossEntropy, LogitsAreComputedToTheLastDigit) {
  const BinaryOptions rows = {.reduction = Reduction::none};
  const Variable z = Variable::leaf(f64({40, -40, 800, 1e8, -1e8}));
  const Variable yes = binary_cross_entropy_with_logits(f64({1, 1, 1, 1, 1}), z, rows);
  EXPECT_THAT(yes.value().to_vector(), ElementsAre(DoubleNear(std::exp(-40), 1e-32), 40, 0, 0, 1e8));
  EXPECT_THAT(testing::gradient(yes, z), ElementsAre(DoubleNear(-std::exp(-40), 1e-32), -1, 0, 0, -1));
  // Probabilities near 0 keep ln(1 - q).
  EXPECT_DOUBLE_EQ(binary_cross_entropy_with_probabilities(f64({0}), f64({1e-20})).value().item(), 1e-20);
}

TEST(BinaryCrossEntropy, InfiniteLogitsAreCertainties) {
  const BinaryOptions rows = {.reduction = Reduction::none};
  const Tensor p = f64({0, 1, 1, 0, .5});
  const Variable z = Variable::leaf(f64({-kInfinity, kInfinity, -kInfinity, kInfinity, kInfinity}));
  const Variable loss = binary_cross_entropy_with_logits(p, z, rows);
  EXPECT_THAT(loss.value().to_vector(), ElementsAre(0, 0, kInfinity, kInfinity, kInfinity));
  EXPECT_THAT(testing::gradient(loss, z), ElementsAre(0, 0, -1, 1, .5));
  const Variable q = Variable::leaf(f64({0, 1, 0, 1, 1}));
  const Variable same = binary_cross_entropy_with_probabilities(p, q, rows);
  EXPECT_THAT(same.value().to_vector(), ElementsAre(0, 0, kInfinity, kInfinity, kInfinity));
  EXPECT_THAT(testing::gradient(same, q), ElementsAre(1, -1, -kInfinity, kInfinity, kInfinity));
}

TEST(BinaryCrossEntropy, IsTotal) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const bool single = dtype == DType::float32;
    const std::vector<double> numbers = {0, 1, .5, single ? 1e-45 : 5e-324, single ? 1 - 6e-8 : 1 - 1.2e-16};
    for (const double p : numbers) {
      for (const double s : {0., .1, 1.}) {
        for (const NestedList& weights : std::vector<NestedList>{{1}, {0}}) {
          for (const bool weigh_rows : {false, true}) {
            const Tensor w = Tensor::of(weights, dtype);
            const BinaryOptions options = {.label_smoothing = s,
                                           .positive_weight = weigh_rows ? Tensor() : w,
                                           .sample_weights = weigh_rows ? w : Tensor()};
            const auto number = [dtype](double x) { return Tensor::full({1, 1}, x, dtype); };
            for (const double q : numbers) {
              testing::expect_no_nan(
                  [&](const Variables& x) { return binary_cross_entropy_with_probabilities(x[0], x[1], options); },
                  {number(p), number(q)});
            }
            for (const double z : {0., 1e8, -1e8, 3e38, kInfinity, -kInfinity}) {
              testing::expect_no_nan(
                  [&](const Variables& x) { return binary_cross_entropy_with_logits(x[0], x[1], options); },
                  {number(p), number(z)});
            }
          }
        }
      }
    }
  }
}

TEST(BinaryCrossEntropy, RowsOfWeightZeroLeaveNoTrace) {
  const Variable z = Variable::leaf(f64({{1, 2}, {-kInfinity, kInfinity}}));
  const Variable loss = binary_cross_entropy_with_logits(f64({{1, 0}, {1, 0}}), z, {.sample_weights = f64({2, 0})});
  EXPECT_DOUBLE_EQ(loss.value().item(), (std::log1p(std::exp(-1.)) + std::log1p(std::exp(2.))) / 2);
  EXPECT_THAT(testing::gradient(loss, z),
              ElementsAre(DoubleNear(-sigmoid_of(-1) / 2, 1e-15), DoubleNear(sigmoid_of(2) / 2, 1e-15), 0, 0));
}

struct BinaryBatch {
  Tensor p, z;  // [N], float64
};

BinaryBatch arbitrary_binary_batch() {
  const auto n = *rc::gen::inRange<std::int64_t>(1, 6);
  const double spread = *rc::gen::element(1., 40., 1e8, kInfinity);
  BinaryBatch batch = {Tensor::zeros({n}, DType::float64), Tensor::zeros({n}, DType::float64)};
  for (std::int64_t i = 0; i < n; ++i) {
    batch.p.set({i}, *rc::gen::element(0., 1., .5, 1e-300));
    const double u = *rc::gen::inRange(-1000, 1001) / 1000.;
    batch.z.set({i}, u == 0 ? 0 : spread * u);
  }
  return batch;
}

bool nearly(double a, double b) { return a == b || std::abs(a - b) <= 1e-14 * std::max(1., std::abs(b)); }

/// The rows [0, z] of a softmax, and their targets [1 - p, p].
RC_GTEST_PROP(BinaryCrossEntropy, IsCrossEntropyOfZeroAndTheLogit, ()) {
  auto [p, z_value] = arbitrary_binary_batch();
  const Variable z = Variable::leaf(kernels::clamp(z_value, -kInfinity, 1e300));  // inf is no logit of a softmax
  const Tensor distributions = stack({(1.0 - Variable(p)), Variable(p)}, 1).value();
  const Variable logits = stack({Tensor::zeros(p.shape(), DType::float64), z}, 1);
  const double w = *rc::gen::element(1., .25, 3.);
  const CategoricalOptions two = {.reduction = Reduction::sum, .class_weights = f64({1, w})};
  const BinaryOptions one = {.reduction = Reduction::sum, .positive_weight = Tensor::full({}, w, DType::float64)};
  const Variable expected = cross_entropy_with_logits(distributions, logits, two);
  const Variable loss = binary_cross_entropy_with_logits(p, z, one);
  RC_ASSERT(nearly(loss.value().item(), expected.value().item()));
  const auto dz = testing::gradient(loss, z), expected_dz = testing::gradient(expected, z);
  for (std::size_t i = 0; i < dz.size(); ++i) {
    RC_ASSERT(nearly(dz[i], expected_dz[i]));
  }
}

RC_GTEST_PROP(BinaryCrossEntropy, LabelSmoothingMixesTheTargetWithAFairCoin, ()) {
  const auto [p, z] = arbitrary_binary_batch();
  const double s = *rc::gen::element(.1, .5, 1.);
  const Tensor mixed = (Variable(p) * (1 - s) + s / 2).value(), q = kernels::sigmoid(z);
  for (const Base base : {Base::nats, Base::bits}) {
    const BinaryOptions smoothing = {.label_smoothing = s, .base = base}, plain = {.base = base};
    RC_ASSERT(nearly(binary_cross_entropy_with_logits(p, z, smoothing).value().item(),
                     binary_cross_entropy_with_logits(mixed, z, plain).value().item()));
    RC_ASSERT(nearly(binary_cross_entropy_with_probabilities(p, q, smoothing).value().item(),
                     binary_cross_entropy_with_probabilities(mixed, q, plain).value().item()));
  }
}

TEST(BinaryCrossEntropy, Errors) {
  const auto logits_error = [](const Tensor& p, const Tensor& z, const BinaryOptions& options = {}) {
    return error_of([&] { binary_cross_entropy_with_logits(p, z, options); });
  };
  const std::string op = "binary_cross_entropy_with_logits: ";
  EXPECT_EQ(logits_error(f64({1, 0}), f64({{1, 0}})),
            op + "the target is [2], the prediction [1, 2]; they must be equal, reshape one");
  EXPECT_EQ(logits_error(f64({{1, 0}, {0, 1.5}}), f64({{1, 0}, {0, 1}})),
            op + "target row 1 has 1.5; probabilities are in [0, 1]");
  EXPECT_EQ(logits_error(f64({std::nan("")}), f64({1})), op + "target row 0 has nan; probabilities are in [0, 1]");
  EXPECT_EQ(logits_error(f64({1}), f64({1}), {.label_smoothing = 2}),
            op + "label_smoothing is 2; it is a part of 1, in [0, 1]");
  EXPECT_EQ(logits_error(f64({{1, 0}}), f64({{1, 0}}), {.positive_weight = f64({1, 2, 3})}),
            op + "positive_weight is [3]; it is a number [], or [2] for targets [1, 2]");
  EXPECT_EQ(logits_error(f64({{1, 0}}), f64({{1, 0}}), {.positive_weight = f64({1, -2})}),
            op + "positive_weight[1] is -2; weights are finite and at least 0");
  EXPECT_EQ(logits_error(f64({{1, 0}}), f64({{1, 0}}), {.sample_weights = f64({1, 2})}),
            op + "sample_weights are [2]; 1 rows need shape [1]");
  EXPECT_EQ(logits_error(f64({1}), f64({1}), {.sample_weights = f64({kInfinity})}),
            op + "sample_weights[0] is inf; weights are finite and at least 0");
  EXPECT_EQ(error_of([] {
              binary_cross_entropy_with_probabilities(f64({{1}, {1}}), f64({{.5}, {-1}}));
            }),
            "binary_cross_entropy_with_probabilities: probabilities row 1 has -1; probabilities are in [0, 1]; logits "
            "have a function of their own, ..._with_logits");
  // A prediction that diverged is a loss of NaN, not an error.
  EXPECT_TRUE(std::isnan(binary_cross_entropy_with_probabilities(f64({1}), f64({std::nan("")})).value().item()));
  EXPECT_TRUE(std::isnan(binary_cross_entropy_with_logits(f64({1}), f64({std::nan("")})).value().item()));
}

}  // namespace
}  // namespace gibbs::losses
