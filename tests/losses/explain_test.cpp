#include "gibbs/losses/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/cross_entropy.h"
#include "tests/testing/expect_op.h"

namespace gibbs::losses {
namespace {

const Tensor kLogits = Tensor::of({{1.5, -.5, .25}, {-2, 4, 1}, {0, 0, 30}}, DType::float64);
const Tensor kSoft = Tensor::of({{.2, .5, .3}, {1, 0, 0}, {0, .25, .75}}, DType::float64);
const Tensor kIndices = Tensor::of({2, 0, 1}, DType::int64);

/// weight * sum of terms, over all rows.
double added_up(const Explanation& explanation) {
  double total = 0;
  for (const ExplainedRow& row : explanation.rows) {
    double loss = 0;
    for (const ExplainedClass& c : row.classes) {
      loss += c.term;
    }
    EXPECT_DOUBLE_EQ(loss, row.loss);
    total += row.weight * loss;
  }
  return total;
}

TEST(Explain, RowsAddUpToTheLossUnderEveryOption) {
  for (const ExplainedLoss loss :
       {ExplainedLoss::cross_entropy_with_logits, ExplainedLoss::cross_entropy_with_probabilities,
        ExplainedLoss::kl_divergence_with_logits, ExplainedLoss::kl_divergence_with_probabilities}) {
    const bool on_logits =
        loss == ExplainedLoss::cross_entropy_with_logits || loss == ExplainedLoss::kl_divergence_with_logits;
    const Variable prediction = on_logits ? Variable(kLogits) : softmax(kLogits);
    for (const Reduction reduction : {Reduction::none, Reduction::sum, Reduction::mean}) {
      for (const Numerics numerics : {Numerics::exact, Numerics::keras}) {
        for (const Target& target : {Target(kSoft), Target(kIndices)}) {
          for (const Tensor& samples : {Tensor(), Tensor::of({.5, 2, 0})}) {
            const CategoricalOptions options = {.reduction = reduction,
                                                .label_smoothing = .1,
                                                .class_weights = Tensor::of({.5, 2, 1}),
                                                .sample_weights = samples,
                                                .ignore_index = 0,
                                                .base = Base::bits,
                                                .numerics = numerics};
            const Explanation explanation = explain(loss, target, prediction, options);
            EXPECT_NEAR(added_up(explanation), explanation.loss, 1e-12) << explanation;
          }
        }
      }
    }
  }
}

TEST(Explain, SaysWhatWasClippedMaskedAndSmoothed) {
  const Tensor z = Tensor::of({{-20, 0, 1, .5}}, DType::float64), y = Tensor::of({0}, DType::int64);
  const auto clipped = explain(ExplainedLoss::kl_divergence_with_logits, y, z, {.numerics = Numerics::keras});
  EXPECT_TRUE(clipped.rows[0].classes[0].clipped);
  EXPECT_NEAR(clipped.rows[0].classes[0].gradient, 0, 1e-12);
  EXPECT_NEAR(clipped.loss, 16.12, 5e-3);
  const auto exact = explain(ExplainedLoss::kl_divergence_with_logits, y, z);
  EXPECT_FALSE(exact.rows[0].classes[0].clipped);
  EXPECT_TRUE(exact.rows[0].classes[1].masked);
  EXPECT_NEAR(exact.rows[0].classes[0].gradient, -1, 1e-8);
  EXPECT_NEAR(exact.loss, 21.68, 5e-3);
  EXPECT_FALSE(exact.rows[0].classes[0].smoothed);
  const auto smoothed = explain(ExplainedLoss::kl_divergence_with_logits, y, z, {.label_smoothing = .1});
  EXPECT_TRUE(smoothed.rows[0].classes[0].smoothed);
  EXPECT_DOUBLE_EQ(smoothed.rows[0].classes[1].p, .025);
  const auto weightless = explain(ExplainedLoss::cross_entropy_with_logits, y, z,
                                  {.label_smoothing = .1, .class_weights = Tensor::of({1, 0, 1, 1})});
  EXPECT_TRUE(weightless.rows[0].classes[1].masked) << "its weight is 0";
  EXPECT_FALSE(weightless.rows[0].classes[2].masked);
  const auto ignored = explain(ExplainedLoss::cross_entropy_with_logits, y, z, {.ignore_index = 0});
  EXPECT_TRUE(ignored.rows[0].ignored);
  EXPECT_TRUE(ignored.rows[0].classes[2].masked);
  EXPECT_EQ(ignored.loss, 0);
}

TEST(Explain, DividesProbabilitiesByTheirSumAsKerasDoes) {
  const Tensor q = Tensor::of({{.4, 1, .6}}, DType::float64), y = Tensor::of({0}, DType::int64);
  const auto explanation =
      explain(ExplainedLoss::cross_entropy_with_probabilities, y, q, {.numerics = Numerics::keras});
  EXPECT_DOUBLE_EQ(explanation.rows[0].classes[0].q, .2);
  EXPECT_NEAR(added_up(explanation), explanation.loss, 1e-12);
}

TEST(Explain, GradientsStandBesideTheirRows) {
  const Tensor y = Tensor::of({0, 2, 1}, DType::int64);
  const CategoricalOptions options = {.ignore_index = 0};
  const Variable z = Variable::leaf(kLogits);
  const Tensor expected = grad(cross_entropy_with_logits(y, z, options), {z})[0].value();
  const Explanation explanation = explain(ExplainedLoss::cross_entropy_with_logits, y, kLogits, options);
  for (std::int64_t n = 0; n < 3; ++n) {
    for (std::int64_t k = 0; k < 3; ++k) {
      const ExplainedRow& row = explanation.rows[static_cast<std::size_t>(n)];
      EXPECT_EQ(row.classes[static_cast<std::size_t>(k)].gradient, expected.at({n, k})) << n << ", " << k;
    }
  }
}

TEST(Explain, RefusesInItsOwnName) {
  EXPECT_EQ(testing::error_of([] { explain(ExplainedLoss::cross_entropy_with_logits, kIndices, kSoft[0]); }),
            "explain: logits must be [N, K], not [3]; reshape leading axes into one");
}

TEST(Explain, PrintsATable) {
  std::ostringstream text;
  text << explain(ExplainedLoss::cross_entropy_with_logits, Tensor::of({1}, DType::int64),
                  Tensor::zeros({1, 2}, DType::float64), {.base = Base::bits});
  EXPECT_EQ(text.str(),
            "cross_entropy_with_logits = 1 bits\n"
            "  row class          p          q     -log q        term    gradient  note\n"
            "    0     0          0        0.5          1           0      0.7213  masked \n"
            "    0     1          1        0.5          1           1     -0.7213  \n"
            "    0 sum x weight: 1 x 1 = 1\n");
}

}  // namespace
}  // namespace gibbs::losses
