#include "gibbs/losses/compat/keras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "tests/losses/nasty.h"
#include "tests/losses/oracle.h"
#include "tests/testing/expect_op.h"

namespace gibbs::losses::compat::keras {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;
using testing::indices;
using ::testing::Pointwise;

constexpr double kNear = 1e-14;

const Tensor kOneHot = Tensor::of({{0, 1, 0}, {0, 0, 1}}), kPrediction = Tensor::of({{.05, .95, 0}, {.1, .8, .1}});
const Tensor kLabels = Tensor::of({{0, 1}, {0, 0}}), kGiven = Tensor::of({{.6, .4}, {.4, .6}});

TEST(Keras, PublishedCategoricalCrossentropy) {
  const Tensor w = Tensor::of({.3, .7});
  const auto dense = [](const keras::CrossentropyOptions& options) {
    return keras::categorical_crossentropy(kOneHot, kPrediction, options).value().to_vector();
  };
  const auto sparse = [](const keras::SparseOptions& options) {
    return keras::sparse_categorical_crossentropy(indices({1, 2}), kPrediction, options).value().to_vector();
  };
  const auto rows = ElementsAre(DoubleNear(.0513, 5e-5), DoubleNear(2.303, 5e-4));
  EXPECT_THAT(dense({.reduction = Reduction::none}), rows);
  EXPECT_THAT(sparse({.reduction = Reduction::none}), rows);
  EXPECT_THAT(dense({}), ElementsAre(DoubleNear(1.177, 5e-4)));
  EXPECT_THAT(sparse({}), ElementsAre(DoubleNear(1.177, 5e-4)));
  EXPECT_THAT(dense({.sample_weight = w}), ElementsAre(DoubleNear(.814, 5e-4)));
  EXPECT_THAT(sparse({.sample_weight = w}), ElementsAre(DoubleNear(.814, 5e-4)));
  EXPECT_THAT(dense({.reduction = Reduction::sum}), ElementsAre(DoubleNear(2.354, 5e-4)));
  EXPECT_THAT(sparse({.reduction = Reduction::sum}), ElementsAre(DoubleNear(2.354, 5e-4)));
}

TEST(Keras, PublishedBinaryCrossentropy) {
  const Tensor z = Tensor::of({-18.6, .51, 2.94, -12.8});
  EXPECT_NEAR(keras::binary_crossentropy(Tensor::of({0, 1, 0, 0}), z, {.from_logits = true}).value().item(), .8654,
              1e-4);  // cut, not rounded
  EXPECT_THAT(keras::binary_crossentropy(kLabels, kGiven, {.reduction = Reduction::none}).value().to_vector(),
              ElementsAre(DoubleNear(.916, 5e-4), DoubleNear(.714, 5e-4)));
}

/// From the docstrings of keras.losses.
TEST(Keras, PublishedFocalCrossentropies) {
  EXPECT_THAT(keras::binary_focal_crossentropy(kLabels, kGiven, {.reduction = Reduction::none}).value().to_vector(),
              ElementsAre(DoubleNear(.330, 5e-4), DoubleNear(.206, 5e-4)));
  const Tensor q = Tensor::of({{.05, .9, .05}, {.1, .85, .05}});
  EXPECT_THAT(keras::categorical_focal_crossentropy(kOneHot, q, {.reduction = Reduction::none}).value().to_vector(),
              ElementsAre(DoubleNear(2.63401289e-04, 1e-9), DoubleNear(6.75912094e-01, 1e-6)));
}

TEST(Keras, PublishedKlDivergenceAndHuber) {
  EXPECT_NEAR(keras::kl_divergence(kLabels, kGiven).value().item(), .45814306, 1e-7);
  // Clipping loses a digit: without it, this is .9162907.
  const Tensor first = Tensor::of({{0, 1}}), given = Tensor::of({{.6, .4}});
  EXPECT_NEAR(keras::kl_divergence(first, given).value().item(), .9162892, 1e-7);
  EXPECT_NEAR(keras::huber(kLabels, kGiven).value().item(), .155, 1e-7);
}

const Tensor kYes = f64({{.2, 1, .7}, {0, .5, .9}}), kProbabilities = f64({{.3, .6, .9}, {.2, .55, .05}});
const Tensor kLogits = f64({{1, -.5, .25}, {-2, 1.5, .75}});

/// The formulas of keras.losses, computed with NumPy in float64.
TEST(Keras, FocalCrossentropiesOfSoftTargets) {
  EXPECT_THAT(
      keras::binary_focal_crossentropy(
          kYes, kProbabilities, {.apply_class_balancing = true, .label_smoothing = .1, .reduction = Reduction::none})
          .value()
          .to_vector(),
      ElementsAre(DoubleNear(0.04012658461463611, kNear), DoubleNear(0.21993781272551285, kNear)));
  EXPECT_THAT(keras::binary_focal_crossentropy(kYes, kLogits, {.from_logits = true, .reduction = Reduction::none})
                  .value()
                  .to_vector(),
              ElementsAre(DoubleNear(0.32613633935152814, kNear), DoubleNear(0.09946961159683038, kNear)));
  EXPECT_THAT(
      keras::categorical_focal_crossentropy(kYes, kProbabilities, {.label_smoothing = .1, .reduction = Reduction::none})
          .value()
          .to_vector(),
      ElementsAre(DoubleNear(0.20902835195326108, kNear), DoubleNear(0.5246879578376865, kNear)));
  EXPECT_THAT(
      keras::categorical_focal_crossentropy(
          kYes, kLogits, {.alpha = f64({.25, 1, 1.5}), .gamma = 1.5, .from_logits = true, .reduction = Reduction::none})
          .value()
          .to_vector(),
      ElementsAre(DoubleNear(2.4702552280109344, kNear), DoubleNear(0.9262577040575868, kNear)));
}

TEST(Keras, CrossentropiesAgainstTheirFormulas) {
  const double s = .1;
  std::vector<double> categorical, of_logits, binary;
  for (std::size_t n = 0; n < 2; ++n) {
    const oracle::Row p = oracle::matrix_of(kYes)[n], q = oracle::matrix_of(kProbabilities)[n];
    const oracle::Row log_softmax = oracle::log_softmax(oracle::matrix_of(kLogits)[n]);
    const double total = q[0] + q[1] + q[2];
    double c = 0, z = 0, b = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double smooth = p[k] * (1 - s) + s / 3, coin = p[k] * (1 - s) + s / 2;
      c -= smooth * std::log(q[k] / total);
      z -= smooth * log_softmax[k];
      b -= (coin * std::log(q[k]) + (1 - coin) * std::log(1 - q[k])) / 3;
    }
    categorical.push_back(c);
    of_logits.push_back(z);
    binary.push_back(b);
  }
  const keras::CrossentropyOptions rows = {.label_smoothing = s, .reduction = Reduction::none};
  keras::CrossentropyOptions logits = rows;
  logits.from_logits = true;
  const auto near = [](const std::vector<double>& expected) { return Pointwise(DoubleNear(kNear), expected); };
  EXPECT_THAT(keras::categorical_crossentropy(kYes, kProbabilities, rows).value().to_vector(), near(categorical));
  EXPECT_THAT(keras::categorical_crossentropy(kYes, kLogits, logits).value().to_vector(), near(of_logits));
  EXPECT_THAT(keras::binary_crossentropy(kYes, kProbabilities, rows).value().to_vector(), near(binary));
}

TEST(Keras, SamplesHaveAnyNumberOfAxes) {
  const Tensor p = kOneHot.reshape({1, 2, 3}), q = kPrediction.reshape({1, 2, 3});
  const Variable dense = keras::categorical_crossentropy(p, q, {.reduction = Reduction::none});
  EXPECT_EQ(dense.shape(), (Shape{1, 2}));
  EXPECT_THAT(dense.value().to_vector(), ElementsAre(DoubleNear(.0513, 5e-5), DoubleNear(2.303, 5e-4)));
  EXPECT_EQ(keras::sparse_categorical_crossentropy(indices({{1, 2}}), q, {.reduction = Reduction::none}).shape(),
            (Shape{1, 2}));
  EXPECT_NEAR(keras::mean_squared_error(Tensor::of({1, 2}), Tensor::of({2, 4})).value().item(), 2.5, 1e-7);
}

TEST(Keras, IgnoredSamplesAreNotCounted) {
  const Tensor q = f64({{.5, .5}, {.25, .75}, {.9, .1}});
  const auto with = [&](const NestedList& labels, Reduction reduction) {
    return keras::sparse_categorical_crossentropy(indices(labels), q, {.ignore_class = -1, .reduction = reduction})
        .value()
        .to_vector();
  };
  const double first = std::log(2), second = std::log(4);
  EXPECT_THAT(with({0, 0, -1}, Reduction::none), Pointwise(DoubleNear(kNear), {first, second, 0.}));
  EXPECT_THAT(with({0, 0, -1}, Reduction::sum_over_batch_size), ElementsAre(DoubleNear((first + second) / 2, kNear)));
  EXPECT_THAT(with({-1, -1, -1}, Reduction::sum_over_batch_size), ElementsAre(0));
}

TEST(Keras, LossesOnNumbers) {
  const Tensor y = f64({{1, 2}, {0, -1}}), x = f64({{2, 4.5}, {.25, 1}}), w = f64({1, 3});
  const keras::Options rows = {.reduction = Reduction::none};
  EXPECT_THAT(keras::mean_squared_error(y, x, rows).value().to_vector(), ElementsAre(3.625, 2.03125));
  EXPECT_THAT(keras::mean_absolute_error(y, x, rows).value().to_vector(), ElementsAre(1.75, 1.125));
  EXPECT_THAT(keras::huber(y, x, 1.5, rows).value().to_vector(), ElementsAre(1.5625, .953125));
  EXPECT_DOUBLE_EQ(keras::mean_absolute_error(y, x, {.sample_weight = w}).value().item(), (1.75 + 3 * 1.125) / 2);
  EXPECT_DOUBLE_EQ(keras::mean_absolute_error(y, x, {.reduction = Reduction::sum}).value().item(), 2.875);
}

TEST(Keras, Hinges) {
  const Tensor z = f64({{.5, -1}, {2, .25}});
  const keras::Options rows = {.reduction = Reduction::none};
  for (const Tensor& y : {f64({{0, 0}, {1, 1}}), f64({{-1, -1}, {1, 1}})}) {
    EXPECT_THAT(keras::hinge(y, z, rows).value().to_vector(), ElementsAre(.75, .375));
    EXPECT_THAT(keras::squared_hinge(y, z, rows).value().to_vector(), ElementsAre(1.125, .28125));
  }
  // The true class, of score -3, enters the maximum with 0.
  const Tensor one_hot = f64({{0, 1, 0}, {1, 0, 0}}), scores = f64({{-2, -3, -1}, {4, 2, 3.5}});
  EXPECT_THAT(keras::categorical_hinge(one_hot, scores, rows).value().to_vector(), ElementsAre(4, .5));
}

TEST(Keras, ClipsProbabilitiesAtBothEnds) {
  const Variable q = Variable::leaf(Tensor::of({{0, 1}}));
  const auto of_class = [&q](std::int64_t k) {
    return keras::sparse_categorical_crossentropy(Tensor::of({static_cast<double>(k)}, DType::int64), q);
  };
  EXPECT_EQ(of_class(0).value().item<float>(), -std::log(1e-7F));
  EXPECT_FLOAT_EQ(of_class(1).value().item<float>(), -std::log(1 - 1e-7F));
  const auto gradient = [&q](const Variable& loss) { return grad(loss, {q})[0].value().to_vector(); };
  EXPECT_THAT(gradient(of_class(0)), Each(0));
  // In float32, 1 - 1e-7 is 1 - 2^-23.
  const Tensor yes_and_no = Tensor::of({{1, 0}});
  const Variable missed = keras::binary_crossentropy(yes_and_no, q, {.reduction = Reduction::sum});
  EXPECT_FLOAT_EQ(missed.value().item<float>(), (-std::log(1e-7F) + 23 * std::numbers::ln2_v<float>) / 2);
  EXPECT_THAT(gradient(missed), Each(0));
  EXPECT_FLOAT_EQ(keras::kl_divergence(yes_and_no, q).value().item<float>(),
                  static_cast<float>((1 - 1e-7) * -std::log(1e-7)));
}

TEST(Keras, TakesProbabilitiesAsTheyCome) {
  const Tensor rows = f64({{3, 1}}), targets = f64({{-1, 2}});
  // Rows are divided by their sums first; targets are not asked for theirs.
  EXPECT_DOUBLE_EQ(keras::categorical_crossentropy(targets, rows).value().item(), std::log(.75) - 2 * std::log(.25));
  EXPECT_DOUBLE_EQ(keras::binary_crossentropy(targets, f64({{.5, .5}})).value().item(), std::log(2));
}

TEST(Keras, IsTotal) {
  for (const double gamma : {0., .5, 1., 1.5, 2.}) {
    for (const bool balanced : {false, true}) {
      testing::expect_total_on_pairs([&](const Variables& x) {
        return keras::binary_focal_crossentropy(x[0], x[1], {.apply_class_balancing = balanced, .gamma = gamma});
      });
    }
    testing::expect_total_on_pairs(
        [&](const Variables& x) { return keras::categorical_focal_crossentropy(x[0], x[1], {.gamma = gamma}); });
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(
        std::isnan(keras::binary_focal_crossentropy(f64({{1}}), f64({{nan}}), {.gamma = gamma}).value().item()));
  }
  for (const auto loss : {keras::categorical_crossentropy, keras::binary_crossentropy}) {
    testing::expect_total_on_pairs([&](const Variables& x) { return loss(x[0], x[1], {}); });
  }
  testing::expect_total_on_pairs([](const Variables& x) { return keras::kl_divergence(x[0], x[1]); });
}

TEST(Keras, HaveTheirDerivatives) {
  const auto check = [](const DifferentiableFunction& f, const std::vector<Tensor>& inputs) {
    const auto first = gradcheck(f, inputs), second = gradgradcheck(f, inputs);
    EXPECT_TRUE(first) << first.message;
    EXPECT_TRUE(second) << second.message;
  };
  const Tensor w = f64({.5, 2}), yes = f64({{.2, .9, .7}, {.1, .5, .9}});
  for (const bool from_logits : {false, true}) {
    const Tensor given = from_logits ? kLogits : kProbabilities;
    const keras::CrossentropyOptions options = {.from_logits = from_logits, .label_smoothing = .1, .sample_weight = w};
    for (const auto loss : {keras::categorical_crossentropy, keras::binary_crossentropy}) {
      check([&](const Variables& x) { return loss(x[0], x[1], options); }, {yes, given});
    }
    check(
        [&](const Variables& x) {
          return keras::sparse_categorical_crossentropy(indices({2, 0}), x[0],
                                                        {.from_logits = from_logits, .sample_weight = w});
        },
        {given});
    check(
        [&](const Variables& x) {
          return keras::binary_focal_crossentropy(x[0], x[1], {.gamma = 1.5, .from_logits = from_logits});
        },
        {yes, given});
    check(
        [&](const Variables& x) {
          return keras::categorical_focal_crossentropy(x[0], x[1], {.gamma = 1.5, .from_logits = from_logits});
        },
        {yes, given});
  }
  check([](const Variables& x) { return keras::kl_divergence(x[0], x[1]); }, {yes, kProbabilities});
  check([](const Variables& x) { return keras::categorical_hinge(x[0], x[1]); }, {yes, kLogits});
}

TEST(Keras, Errors) {
  EXPECT_EQ(error_of([] {
              keras::categorical_crossentropy(f64({1, 0}), f64({{1, 0}}));
            }),
            "categorical_crossentropy: the target is [2], the prediction [1, 2]; they must be equal, reshape one");
  EXPECT_EQ(error_of([] {
              keras::mean_squared_error(kYes, kLogits, {.sample_weight = f64({1, 2, 3})});
            }),
            "mean_squared_error: sample_weight is [3]; 2 samples need shape [2]");
  EXPECT_EQ(
      error_of([] {
        keras::sparse_categorical_crossentropy(f64({1, 0}), kLogits);
      }),
      "sparse_categorical_crossentropy: the target is float64 [2], the predictions [2, 3]; class indices are int64 "
      "[2]");
  EXPECT_EQ(error_of([] {
              keras::sparse_categorical_crossentropy(indices({}), Tensor::zeros({0, 3}));
            }),
            "sparse_categorical_crossentropy: the predictions must be [..., K], not empty: [0, 3]");
  EXPECT_EQ(error_of([] {
              keras::sparse_categorical_crossentropy(indices({0, 3}), kLogits);
            }),
            "sparse_categorical_crossentropy: sample 1 is of class 3, outside [0, 3); samples to leave out need "
            ".ignore_class");
  EXPECT_EQ(error_of([] { keras::huber(kYes, kLogits, -1); }), "huber: delta is -1; it is a distance, above 0");
  EXPECT_EQ(error_of([] { keras::categorical_focal_crossentropy(kYes, kLogits, {.gamma = -1}); }),
            "categorical_focal_crossentropy: gamma is -1; it is finite and at least 0");
  EXPECT_EQ(error_of([] {
              keras::categorical_focal_crossentropy(kYes, kLogits, {.alpha = f64({1, 2})});
            }),
            "categorical_focal_crossentropy: alpha is [2]; 3 classes need shape [3], or one number []");
  EXPECT_EQ(error_of([] { keras::binary_focal_crossentropy(kYes, kLogits, {.alpha = 2}); }),
            "binary_focal_crossentropy: alpha is 2; yes and no share 1, so it is in [0, 1]");
  EXPECT_EQ(error_of([] { keras::binary_crossentropy(kYes, kLogits, {.label_smoothing = 2}); }),
            "binary_crossentropy: label_smoothing is 2; it is a part of 1, in [0, 1]");
}

}  // namespace
}  // namespace gibbs::losses::compat::keras
