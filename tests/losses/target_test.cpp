// Errors, in their exact words, and what is taken out of a computation before it begins.
#include "gibbs/losses/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "gibbs/autograd/grad.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "tests/testing/not_finite.h"
#include "tests/testing/oracle.h"

namespace gibbs::losses {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::indices;
using ::testing::StrEq;

/// The message of the error that cross_entropy_with_logits throws, without its "cross_entropy_with_logits: ".
std::string error_of(const Target& target, const Tensor& logits, const CategoricalOptions& options = {}) {
  try {
    cross_entropy_with_logits(target, logits, options);
  } catch (const Error& error) {
    const std::string message = error.what(), op = "cross_entropy_with_logits: ";
    return message.rfind(op, 0) == 0 ? message.substr(op.size()) : "without the op's name: " + message;
  }
  return "no error";
}

TEST(Target, ShapesAndDtypesThatDoNotFit) {
  const Tensor z = Tensor::zeros({4, 3});
  EXPECT_THAT(error_of(indices({0, 1}), Tensor::zeros({4})),
              StrEq("logits must be [N, K] or [N, ..., K], not [4]; classes are the last axis"));
  EXPECT_THAT(error_of(indices({0, 1}), Tensor::zeros({2, 3}, DType::uint8)),
              StrEq("logits must be float32 or float64, not uint8"));
  EXPECT_THAT(error_of(Tensor::zeros({0}, DType::int64), Tensor::zeros({0, 3})),
              StrEq("the batch is empty: logits are [0, 3]"));
  EXPECT_THAT(error_of(indices({0, 1}), Tensor::zeros({2, 0})), StrEq("there are no classes: logits are [2, 0]"));
  EXPECT_THAT(error_of(Tensor::zeros({4}, DType::uint8), z),
              StrEq("the target is uint8; class indices are int64, distributions have the dtype of the prediction; "
                    "convert with cast"));
  EXPECT_THAT(error_of(indices({{0}, {1}, {2}, {0}}), z),
              StrEq("the target is int64 [4, 1], the logits [4, 3]; class indices are int64 [4], distributions float "
                    "[4, 3]"));
  EXPECT_THAT(error_of(Tensor::zeros({4}), z),
              StrEq("the target is float32 [4], the logits [4, 3]; class indices are int64 [4], distributions float "
                    "[4, 3]"));
  EXPECT_THAT(error_of(Tensor::zeros({4, 3}, DType::float64), z),
              StrEq("dtypes differ: the target is float64, the logits float32; convert one with cast"));
}

TEST(Target, RowsThatAreNoDistributionAreNamed) {
  const Tensor z = Tensor::zeros({2, 3}, DType::float64);
  const auto with_row_1 = [](double a, double b, double c) {
    return Tensor::of({{1, 0, 0}, {a, b, c}}, DType::float64);
  };
  EXPECT_THAT(error_of(with_row_1(0.5, 0.3, 0.1), z),
              StrEq("target row 1 sums to 0.9, not 1; normalise it, or pass .normalize_target = true"));
  EXPECT_THAT(error_of(with_row_1(1.25, -0.25, 0), z),
              StrEq("target row 1 has -0.25 for class 1; probabilities are at least 0"));
  EXPECT_THAT(error_of(with_row_1(kNaN, 0, 0), z),
              StrEq("target row 1 sums to nan, not 1; normalise it, or pass .normalize_target = true"));
  EXPECT_THAT(error_of(with_row_1(0.5, 0.5, 9e-5), z), StrEq("no error"));
  EXPECT_THAT(error_of(with_row_1(5, 3, 2), z, {.normalize_target = true}), StrEq("no error"));
  EXPECT_THAT(error_of(with_row_1(0, 0, 0), z, {.normalize_target = true}),
              StrEq("target row 1 sums to 0; only a positive sum can be normalised"));
  EXPECT_THAT(error_of(indices({0, 3}), z),
              StrEq("target row 1 is class 3, outside [0, 3); rows to leave out need .ignore_index"));
  EXPECT_THAT(error_of(indices({-1, 0}), z),
              StrEq("target row 0 is class -1, outside [0, 3); rows to leave out need .ignore_index"));
}

TEST(Target, OptionsOutOfRange) {
  const Tensor z = Tensor::zeros({2, 3});
  EXPECT_THAT(error_of(indices({0, 1}), z, {.label_smoothing = 1.5}),
              StrEq("label_smoothing is 1.5; it is a part of 1, in [0, 1]"));
  EXPECT_THAT(error_of(indices({0, 1}), z, {.label_smoothing = kNaN}),
              StrEq("label_smoothing is nan; it is a part of 1, in [0, 1]"));
  EXPECT_THAT(error_of(indices({0, 1}), z, {.class_weights = Tensor::ones({2})}),
              StrEq("class_weights are [2]; 3 classes need shape [3]"));
  EXPECT_THAT(error_of(indices({0, 1}), z, {.class_weights = Tensor::of({1, -1, 1})}),
              StrEq("class_weights[1] is -1; weights are finite and at least 0"));
}

TEST(Target, PredictedProbabilitiesAreChecked) {
  const Tensor logits = Tensor::of({{2, -1}}, DType::float64), too_much = Tensor::of({{2, 1}}, DType::float64);
  const auto ce = [](const Tensor& q) { return [=] { cross_entropy_with_probabilities(indices({0}), q); }; };
  EXPECT_THAT(ce(logits),
              ::testing::ThrowsMessage<Error>(StrEq("cross_entropy_with_probabilities: probabilities row 0 has -1 for "
                                                    "class 1; probabilities are at least 0")));
  EXPECT_THAT(ce(too_much),
              ::testing::ThrowsMessage<Error>(StrEq("cross_entropy_with_probabilities: probabilities row 0 sums to 3, "
                                                    "not 1; logits have a function of their own, ..._with_logits")));
  EXPECT_EQ(cross_entropy_with_probabilities(indices({0}), too_much, {.check_probabilities = false}).value().item(),
            -std::log(2));
  // A prediction that diverged shows as a NaN loss, as it does with logits.
  EXPECT_TRUE(std::isnan(cross_entropy_with_probabilities(indices({0}), Tensor::of({{kNaN, 1}})).value().item()));
}

TEST(Target, IgnoredRowsReachNeitherValueNorGradient) {
  const Tensor y = indices({1, -1, 0}), p = Tensor::of({{0, 1}, {0, 0}, {1, 0}}, DType::float64);
  for (const Target& target : {Target(y), Target(p)}) {
    for (const auto loss : {cross_entropy_with_logits, kl_divergence_with_logits}) {
      const Variable z = Variable::leaf(Tensor::of({{0, 0}, {kNaN, 3}, {0, 0}}, DType::float64));
      const Variable rows = loss(target, z, {.reduction = Reduction::none, .ignore_index = -1});
      EXPECT_THAT(rows.value().to_vector(), ElementsAre(std::log(2), 0, std::log(2)));
      const Variable mean = loss(target, z, {.ignore_index = -1});
      EXPECT_DOUBLE_EQ(mean.value().item(), std::log(2));
      EXPECT_THAT(grad(mean, {z})[0].value().to_vector(), ElementsAre(0.25, -0.25, 0, 0, -0.25, 0.25));
    }
  }
}

TEST(Target, AllRowsIgnoredGivesZeroAndZeroGradients) {
  for (const auto loss : {cross_entropy_with_logits, cross_entropy_with_probabilities, kl_divergence_with_logits,
                          kl_divergence_with_probabilities}) {
    for (const Reduction reduction : {Reduction::none, Reduction::sum, Reduction::mean}) {
      for (const Tensor& weights : {Tensor(), Tensor::ones({2})}) {
        const Variable q = Variable::leaf(Tensor::of({{0.5, 0.5}, {kNaN, 1}}));
        const Variable value =
            loss(indices({1, 1}), q,
                 {.reduction = reduction, .label_smoothing = 0.1, .class_weights = weights, .ignore_index = 1});
        EXPECT_THAT(value.value().to_vector(), Each(0));
        const Variable dy = Tensor::ones(value.shape());
        for (const bool create_graph : {false, true}) {
          EXPECT_THAT(grad(value, {q}, dy, {.create_graph = create_graph, .retain_graph = true})[0].value().to_vector(),
                      ElementsAre(0, 0, 0, 0));
        }
      }
    }
  }
}

TEST(Target, SoftRowsAreNeverIgnored) {
  const Tensor p = Tensor::of({{0.25, 0.75}, {1, 0}});
  const Variable rows =
      cross_entropy_with_logits(p, Tensor::zeros({2, 2}), {.reduction = Reduction::none, .ignore_index = 1});
  EXPECT_FLOAT_EQ(rows.value().at<float>({0}), std::log(2.f));
}

TEST(Target, NormalizedTargetsAreDividedByTheirSums) {
  const Tensor z = Tensor::of({{1, 2, -1}}, DType::float64);
  const auto loss = [&](const Tensor& p, bool normalize) {
    return kl_divergence_with_logits(p, z, {.normalize_target = normalize}).value().item();
  };
  EXPECT_DOUBLE_EQ(loss(Tensor::of({{4, 1, 3}}, DType::float64), true),
                   loss(Tensor::of({{0.5, 0.125, 0.375}}, DType::float64), false));
}

TEST(Target, SampleWeightsThatDoNotFit) {
  const Tensor z = Tensor::zeros({2, 3});
  EXPECT_THAT(error_of(indices({0, 1}), z, {.sample_weights = Tensor::of({1, 2, 3})}),
              StrEq("sample_weights are [3]; 2 rows need shape [2]"));
  EXPECT_THAT(error_of(indices({0, 1}), z, {.sample_weights = Tensor::of({1, -2})}),
              StrEq("sample_weights[1] is -2; weights are finite and at least 0"));
}

TEST(Target, ARowOfWeightZeroIsLeftOutEvenWhereItsLossIsInfinite) {
  const double inf = std::numeric_limits<double>::infinity();
  const Variable z = Variable::leaf(Tensor::of({{0, -inf}, {0, 0}}, DType::float64));
  for (auto* loss : {cross_entropy_with_logits, kl_divergence_with_logits}) {
    const Variable mean = loss(indices({1, 1}), z, {.sample_weights = Tensor::of({0, 3})});
    EXPECT_DOUBLE_EQ(mean.value().item(), std::log(2));
    EXPECT_THAT(grad(mean, {z})[0].value().to_vector(), ElementsAre(0, 0, .5, -.5));
  }
  const Variable none = cross_entropy_with_logits(indices({1, 1}), z, {.sample_weights = Tensor::of({0, 0})});
  EXPECT_EQ(none.value().item(), 0);
}

}  // namespace
}  // namespace gibbs::losses
