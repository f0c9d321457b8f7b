// Predictions [N, T, K]: each place of [N, T] is a row. What a loss makes of them is what it makes of [N T, K], bit by
// bit; that this is right, loops say here and for every loss in tests/battery/registry_categorical.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "gibbs/autograd/check_op.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/losses.h"
#include "gibbs/tensor/kernels/layout.h"
#include "tests/losses/oracle.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/near.h"
#include "tests/testing/not_finite.h"
#include "tests/testing/oracle.h"

namespace gibbs::losses {
namespace {

using ::testing::ElementsAreArray;
using testing::f64;
using ::testing::StrEq;

constexpr std::int64_t kPad = 0, kN = 2, kT = 3, kK = 4;

const Tensor kPaddedLabels = Tensor::of({{1, kPad, 3}, {2, 2, kPad}}, DType::int64);
const Tensor kSampleWeights = f64({{1, 2, .5}, {0, 3, 1}}), kClassWeights = f64({1, .5, 2, 3});

Tensor sequence_logits() { return testing::random({kN, kT, kK}, 7, -2, 2); }

using SequenceLoss = std::function<Variable(const Target&, const Variable&, const CategoricalOptions&)>;
struct Named {
  const char* name;
  SequenceLoss loss;
  bool probabilities = false;
};

std::vector<Named> all() {
  return {{"cross entropy", cross_entropy_with_logits},
          {"KL", kl_divergence_with_logits},
          {"reverse KL", reverse_kl_divergence_with_logits},
          {"Jeffreys", jeffreys_divergence_with_logits},
          {"JS", js_divergence_with_logits},
          {"focal", [](auto& t, auto& z, auto& o) { return categorical_focal_loss_with_logits(t, z, {}, o); }},
          {"cross entropy", cross_entropy_with_probabilities, true},
          {"KL", kl_divergence_with_probabilities, true},
          {"reverse KL", reverse_kl_divergence_with_probabilities, true},
          {"Jeffreys", jeffreys_divergence_with_probabilities, true},
          {"JS", js_divergence_with_probabilities, true},
          {"focal", [](auto& t, auto& q, auto& o) { return categorical_focal_loss_with_probabilities(t, q, {}, o); },
           true}};
}

std::vector<CategoricalOptions> many_options() {
  std::vector<CategoricalOptions> all;
  for (const Reduction reduction : {Reduction::none, Reduction::sum, Reduction::mean}) {
    for (const bool ignores : {false, true}) {
      for (const Tensor& samples : {Tensor(), kSampleWeights}) {
        for (const Tensor& classes : {Tensor(), kClassWeights}) {
          all.push_back({.reduction = reduction,
                         .label_smoothing = .1,
                         .class_weights = classes,
                         .sample_weights = samples,
                         .ignore_index = ignores ? std::optional(kPad) : std::nullopt});
        }
      }
    }
  }
  return all;
}

/// y, dx, and the derivative of sum dx^2.
std::vector<std::vector<double>> results(const Variable& y, const Variable& x) {
  const Tensor dy = testing::random(Shape{y.numel()}, 3).reshape(y.shape());
  const Variable dx = grad(y, {x}, dy, {.retain_graph = true})[0];
  EXPECT_EQ(dx.shape(), x.shape());
  const Variable again = grad(y, {x}, dy, {.create_graph = true})[0];
  const Tensor second = grad(sum(again * again), {x})[0].value();
  return {y.value().to_vector(), dx.value().to_vector(), again.value().to_vector(), second.to_vector()};
}

TEST(LeadingAxes, AreRows) {
  const Tensor z = sequence_logits(), q = softmax(Variable(z)).value();
  const Tensor soft = softmax(Variable(testing::random({kN, kT, kK}, 8, -1, 1))).value();
  for (const Named& named : all()) {
    for (const CategoricalOptions& options : many_options()) {
      for (const bool of_indices : {true, false}) {
        const Tensor& x = named.probabilities ? q : z;
        const Tensor target = of_indices ? kPaddedLabels : soft;
        const Variable apart = Variable::leaf(x), rows = Variable::leaf(x.reshape({kN * kT, kK}));
        const Shape flat = of_indices ? Shape{kN * kT} : rows.shape();
        CategoricalOptions of_rows = options;
        of_rows.sample_weights =
            options.sample_weights.defined() ? options.sample_weights.reshape({kN * kT}) : Tensor();
        const Variable y = named.loss(target, apart, options);
        EXPECT_EQ(y.shape(), options.reduction == Reduction::none ? Shape({kN, kT}) : Shape({})) << named.name;
        EXPECT_EQ(results(y, apart), results(named.loss(target.reshape(flat), rows, of_rows), rows)) << named.name;
      }
    }
  }
}

/// The definition of cross entropy, by loops.
struct Oracle {
  double losses[kN][kT] = {}, weights[kN][kT] = {}, sum = 0, divisor = 0;

  Oracle(const Tensor& z, const CategoricalOptions& o) {
    for (std::int64_t n = 0; n < kN; ++n) {
      for (std::int64_t t = 0; t < kT; ++t) {
        const std::int64_t label = kPaddedLabels.at<std::int64_t>({n, t});
        oracle::Row row;
        for (std::int64_t k = 0; k < kK; ++k) {
          row.push_back(z.at({n, t, k}));
        }
        const double sample = o.sample_weights.defined() ? o.sample_weights.at({n, t}) : 1;
        for (std::int64_t k = 0; k < kK && label != o.ignore_index; ++k) {
          const double p = (k == label ? 1 - o.label_smoothing : 0) + o.label_smoothing / kK;
          const double w = sample * (o.class_weights.defined() ? o.class_weights.at({k}) : 1);
          losses[n][t] -= w * p * oracle::log_softmax(row)[static_cast<std::size_t>(k)];
          weights[n][t] += w * p;
        }
        sum += losses[n][t];
        divisor += weights[n][t];
      }
    }
  }
};

TEST(LeadingAxes, ByLoops) {
  const Tensor z = sequence_logits();
  for (const CategoricalOptions& options : many_options()) {
    const Oracle expected(z, options);
    const Tensor y = cross_entropy_with_logits(kPaddedLabels, z, options).value();
    EXPECT_NEAR(divisor(kPaddedLabels, z, options), expected.divisor, 1e-14);
    if (options.reduction == Reduction::none) {
      for (std::int64_t n = 0; n < kN; ++n) {
        for (std::int64_t t = 0; t < kT; ++t) {
          EXPECT_TRUE(testing::near(y.at({n, t}), expected.losses[n][t], 1e-14)) << n << " " << t;
        }
      }
    } else {
      const double total = options.reduction == Reduction::sum ? expected.sum : expected.sum / expected.divisor;
      EXPECT_TRUE(testing::near(y.item(), total, 1e-14)) << y.item() << ", not " << total;
    }
  }
}

void expect_right(const char* name, const DifferentiableFunction& f, const std::vector<Tensor>& inputs) {
  const CheckReport report = check_op(name, f, inputs);
  EXPECT_TRUE(report) << report;
}

TEST(LeadingAxes, DerivativesOfPredictionAndTarget) {
  const Tensor teacher = testing::random({kN, kT, kK}, 8, -1, 1);
  const auto distillation = [](const Variables& x) {
    return distillation_loss(x[0], x[1], {.temperature = 2, .categorical = {.sample_weights = kSampleWeights}});
  };
  expect_right("distillation_loss", distillation, {teacher, sequence_logits()});
  const auto log_target = [](const Variables& x) {
    return kl_divergence_with_log_target(log_softmax(x[0]), x[1], {.reduction = Reduction::none});
  };
  expect_right("kl_divergence_with_log_target", log_target, {teacher, sequence_logits()});
  const auto ignoring = [](const Variables& x) {
    return cross_entropy_with_logits(kPaddedLabels, x[0], {.label_smoothing = .1, .ignore_index = kPad});
  };
  expect_right("cross_entropy_with_logits", ignoring, {sequence_logits()});
}

TEST(LeadingAxes, OfRatesAndMargins) {
  const Tensor z = sequence_logits(), rows = z.reshape({kN * kT, kK}), counts = testing::random({kN, kT, kK}, 9, 1, 4);
  const Tensor labels = kPaddedLabels.reshape({kN * kT});
  for (const Reduction reduction : {Reduction::none, Reduction::mean}) {
    const auto expect_equal = [](const Variable& y, const Variable& of_rows) {
      EXPECT_EQ(y.shape(), of_rows.rank() == 0 ? Shape({}) : Shape({kN, kT}));
      EXPECT_THAT(y.value().to_vector(), ElementsAreArray(of_rows.value().to_vector()));
    };
    expect_equal(
        generalized_kl_divergence_with_log_rates(counts, z, {.reduction = reduction}),
        generalized_kl_divergence_with_log_rates(counts.reshape(rows.shape()), rows, {.reduction = reduction}));
    expect_equal(categorical_hinge(kPaddedLabels, z, {.reduction = reduction}),
                 categorical_hinge(labels, rows, {.reduction = reduction}));
    expect_equal(multi_margin(kPaddedLabels, z, {.reduction = reduction}),
                 multi_margin(labels, rows, {.reduction = reduction}));
  }
}

TEST(LeadingAxes, WhatIsIgnoredIsNotLookedAt) {
  std::vector<double> spoiled = sequence_logits().to_vector();
  for (const std::int64_t row : {1, 5}) {
    std::fill_n(spoiled.begin() + row * kK, kK, kNaN);
  }
  const Variable z = Variable::leaf(Tensor::from(spoiled, {kN, kT, kK}));
  const CategoricalOptions options = {.ignore_index = kPad};
  const Variable y = cross_entropy_with_logits(kPaddedLabels, z, options);
  EXPECT_DOUBLE_EQ(y.value().item(),
                   cross_entropy_with_logits(kPaddedLabels, sequence_logits(), options).value().item());
  const Tensor dz = grad(y, {z})[0].value();
  for (std::int64_t k = 0; k < kK; ++k) {
    EXPECT_EQ(dz.at({0, 1, k}), 0);
    EXPECT_EQ(dz.at({1, 2, k}), 0);
    EXPECT_NE(dz.at({1, 1, k}), 0);
  }
}

TEST(LeadingAxes, ThatDoNotFit) {
  const auto error_of = [](const Tensor& target, const Shape& shape, const CategoricalOptions& options = {}) {
    return testing::error_of([&] { cross_entropy_with_logits(target, Tensor::zeros(shape), options); });
  };
  const std::string op = "cross_entropy_with_logits: ";
  EXPECT_THAT(error_of(kPaddedLabels, {6, 4}),
              StrEq(op + "the target is int64 [2, 3], the logits [6, 4]; class indices are int64 [6], distributions "
                         "float [6, 4]"));
  EXPECT_THAT(error_of(kPaddedLabels, {3, 2, 4}),
              StrEq(op + "the target is int64 [2, 3], the logits [3, 2, 4]; class indices are int64 [3, 2], "
                         "distributions float [3, 2, 4]"));
  EXPECT_THAT(error_of(kPaddedLabels, {2, 3, 3}),
              StrEq(op + "target row 2 is class 3, outside [0, 3); rows to leave out "
                         "need .ignore_index"));
  EXPECT_THAT(error_of(kPaddedLabels, {2, 3, 4}, {.sample_weights = Tensor::ones({6})}),
              StrEq(op + "sample_weights are [6]; 6 rows need shape [2, 3]"));
}

TEST(Divisor, WeighsThePiecesOfABatch) {
  const Tensor z = sequence_logits();
  const CategoricalOptions options = {
      .label_smoothing = .1, .class_weights = kClassWeights, .sample_weights = kSampleWeights, .ignore_index = kPad};
  double total = 0, weight = 0;
  for (std::int64_t n = 0; n < kN; ++n) {
    CategoricalOptions of_piece = options;
    of_piece.sample_weights = kernels::slice(kSampleWeights, 0, n, n + 1);
    const Tensor labels = kernels::slice(kPaddedLabels, 0, n, n + 1), piece = kernels::slice(z, 0, n, n + 1);
    const double d = divisor(labels, piece, of_piece);
    total += d * cross_entropy_with_logits(labels, piece, of_piece).value().item();
    weight += d;
  }
  EXPECT_DOUBLE_EQ(weight, divisor(kPaddedLabels, z, options));
  EXPECT_DOUBLE_EQ(total / weight, cross_entropy_with_logits(kPaddedLabels, z, options).value().item());
}

TEST(Divisor, IsWhatTheMeanOfEveryLossDividesBy) {
  const Tensor z = sequence_logits(), q = softmax(Variable(z)).value();
  for (const Named& named : all()) {
    for (CategoricalOptions options : many_options()) {
      const Tensor& x = named.probabilities ? q : z;
      options.reduction = Reduction::sum;
      const double sum = named.loss(kPaddedLabels, x, options).value().item();
      options.reduction = Reduction::mean;
      EXPECT_DOUBLE_EQ(named.loss(kPaddedLabels, x, options).value().item(), sum / divisor(kPaddedLabels, x, options))
          << named.name;
    }
  }
}

TEST(Divisor, OfNothingIsZero) {
  const Tensor padding = Tensor::zeros({2}, DType::int64), z = Tensor::ones({2, 3});
  EXPECT_EQ(divisor(padding, z, {.ignore_index = 0}), 0);
  EXPECT_EQ(divisor(padding, z, {.sample_weights = Tensor::zeros({2})}), 0);
  EXPECT_EQ(divisor(padding, z), 2);
  EXPECT_THAT(testing::error_of([&] {
                divisor(padding, Tensor::ones({3, 3}));
              }),
              StrEq("divisor: the target is int64 [2], the logits [3, 3]; class indices are int64 [3], distributions "
                    "float [3, 3]"));
}

}  // namespace
}  // namespace gibbs::losses
