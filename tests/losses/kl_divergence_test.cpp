#include "gibbs/losses/kl_divergence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/compat/keras.h"
#include "gibbs/losses/cross_entropy.h"
#include "tests/losses/oracle.h"
#include "tests/testing/not_finite.h"
#include "tests/testing/oracle.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::indices;
using ::testing::Pointwise;

TEST(KLDivergence, PublishedByScipy) {
  const Tensor p = Tensor::of({{.5, .5}}, DType::float64), q = Tensor::of({{.9, .1}}, DType::float64);
  EXPECT_NEAR(kl_divergence_with_probabilities(p, q, {.base = Base::bits}).value().item(), .7369655941662062, 1e-15);
}

TEST(KLDivergence, TheArticlesWorms) {
  const Tensor teeth = Tensor::of({{.02, .03, .05, .14, .16, .15, .12, .08, .10, .08, .07}}, DType::float64);
  const Tensor uniform = Tensor::full({1, 11}, 1. / 11, DType::float64);
  EXPECT_NEAR(kl_divergence_with_probabilities(teeth, uniform).value().item(), .13668, 5e-6);
  EXPECT_NEAR(kl_divergence_with_probabilities(teeth, uniform, {.base = Base::bits}).value().item(), .19719, 5e-6);
  EXPECT_NEAR(kl_divergence_with_probabilities(uniform, teeth).value().item(), .16971, 5e-6);
}

TEST(KLDivergence, ClippingLosesTheSignalWhereThePredictionIsWorst) {
  const Tensor p = Tensor::of({{1, 0, 0, 0}});
  const Variable z = Variable::leaf(Tensor::of({{-20, 0, 1, .5}}));
  const Variable exact = kl_divergence_with_logits(p, z), clipped = compat::keras::kl_divergence(p, softmax(z));
  EXPECT_NEAR(exact.value().item(), 21.68, 5e-3);
  EXPECT_NEAR(clipped.value().item(), 16.12, 5e-3);
  EXPECT_THAT(grad(exact, {z})[0].value().to_vector(), Pointwise(DoubleNear(5e-3), {-1., .19, .51, .31}));
  EXPECT_THAT(grad(clipped, {z})[0].value().to_vector(), Each(DoubleNear(0, 1e-6)));
}

const Tensor kSoft = Tensor::of({{.2, .5, .3}, {.7, .1, .2}}, DType::float64);
const Tensor kKlLogits = Tensor::of({{1, -.5, .25}, {-2, 1.5, .75}}, DType::float64);
const Tensor kKlWeights = Tensor::of({.5, 2, 1.25}, DType::float64);

TEST(KLDivergence, GradientInLogitsIsPredictionMinusTargetOverRows) {
  const Variable z = Variable::leaf(kKlLogits);
  const std::vector<double> dz = grad(kl_divergence_with_logits(kSoft, z), {z})[0].value().to_vector();
  std::vector<double> expected;
  for (std::size_t n = 0; n < 2; ++n) {
    const oracle::Row q = oracle::softmax(oracle::matrix_of(kKlLogits)[n]);
    for (std::size_t k = 0; k < 3; ++k) {
      expected.push_back((q[k] - oracle::matrix_of(kSoft)[n][k]) / 2);
    }
  }
  EXPECT_THAT(dz, Pointwise(DoubleNear(1e-15), expected));
}

TEST(KLDivergence, DerivativesOfPredictionAndTarget) {
  for (const Reduction reduction : {Reduction::none, Reduction::sum, Reduction::mean}) {
    const CategoricalOptions options = {.reduction = reduction, .label_smoothing = .1, .class_weights = kKlWeights};
    const auto on_logits = [&](const Variables& in) { return kl_divergence_with_logits(in[0], in[1], options); };
    // Through softmax, since a perturbed row of probabilities is no distribution.
    const auto on_probabilities = [&](const Variables& in) {
      return kl_divergence_with_probabilities(in[0], softmax(in[1]), options);
    };
    for (const DifferentiableFunction& f : {DifferentiableFunction(on_logits), {on_probabilities}}) {
      const auto first = gradcheck(f, {kSoft, kKlLogits}), second = gradgradcheck(f, {kSoft, kKlLogits});
      EXPECT_TRUE(first) << first.message;
      EXPECT_TRUE(second) << second.message;
    }
  }
}

TEST(KLDivergence, HessianInLogitsIsTheFisherInformation) {
  const Variable z = Variable::leaf(kKlLogits.rows(0, 1));
  const Variable dz = grad(kl_divergence_with_logits(kSoft.rows(0, 1), z), {z}, {.create_graph = true})[0];
  const oracle::Row q = oracle::softmax(oracle::matrix_of(kKlLogits)[0]);
  for (std::int64_t i = 0; i < 3; ++i) {
    Tensor pick = Tensor::zeros({1, 3}, DType::float64);
    pick.set({0, i}, 1);
    const Tensor row = grad(dz, {z}, pick, {.retain_graph = true})[0].value();
    for (std::int64_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(row.at({0, k}), (i == k ? q[i] : 0) - q[i] * q[k], 1e-14);
    }
  }
}

template <class T>
class KLDivergenceOf : public ::testing::Test {};
using Floats = ::testing::Types<float, double>;
TYPED_TEST_SUITE(KLDivergenceOf, Floats);

TYPED_TEST(KLDivergenceOf, IdenticalArraysAreExactlyZeroApart) {
  const Tensor p = Tensor::of({{.3, .7, 0}, {1, 0, 0}, {.1, .2, .7}}, dtype_of<TypeParam>);
  EXPECT_THAT(kl_divergence_with_probabilities(p, p, {.reduction = Reduction::none}).value().to_vector(), Each(0));
}

TYPED_TEST(KLDivergenceOf, ImpossibleClassesCostNothingUnlessTheyHappen) {
  const DType dtype = dtype_of<TypeParam>;
  const Variable p = Variable::leaf(Tensor::of({{1, 0, 0}, {.5, 0, .5}}, dtype));
  const Variable z = Variable::leaf(Tensor::of({{0, -kInfinity, 0}, {3, -kInfinity, 3}}, dtype));
  const Variable loss = kl_divergence_with_logits(p, z);
  EXPECT_NEAR(loss.value().item(), std::log(2) / 2, 1e-7);
  for (const bool create_graph : {false, true}) {
    const Variables d = grad(loss, {p, z}, {.create_graph = create_graph, .retain_graph = true});
    EXPECT_THAT(d[1].value().to_vector(), Pointwise(DoubleNear(1e-7), {-.25, 0., .25, 0., 0., 0.}));
    // (ln p - ln q + 1) / 2; where p = 0 only - ln q / 2 remains, and 0 where q is 0, too.
    EXPECT_THAT(d[0].value().to_vector(),
                Pointwise(DoubleNear(1e-7), {(std::log(2) + 1) / 2, 0., std::log(2) / 2, .5, 0., .5}));
  }
  EXPECT_EQ(kl_divergence_with_logits(indices({1, 0}), z).value().item(), kInfinity);
}

TYPED_TEST(KLDivergenceOf, ProbabilitiesOfZero) {
  const DType dtype = dtype_of<TypeParam>;
  const Variable p = Variable::leaf(Tensor::of({{.25, .75, 0}, {1, 0, 0}}, dtype));
  const Variable q = Variable::leaf(Tensor::of({{.5, .5, 0}, {1, 0, 0}}, dtype));
  const Variable loss = kl_divergence_with_probabilities(p, q, {.reduction = Reduction::sum});
  EXPECT_NEAR(loss.value().item(), .25 * std::log(.5) + .75 * std::log(1.5), 1e-7);
  for (const bool create_graph : {false, true}) {
    const Variables d = grad(loss, {p, q}, {.create_graph = create_graph, .retain_graph = true});
    EXPECT_THAT(d[1].value().to_vector(), ElementsAre(-.5, -1.5, 0, -1, 0, 0));
    EXPECT_THAT(d[0].value().to_vector(),
                Pointwise(DoubleNear(1e-7), {std::log(.5) + 1, std::log(1.5) + 1, 0., 1., 0., 0.}));
  }
  EXPECT_EQ(kl_divergence_with_probabilities(indices({2, 0}), q).value().item(), kInfinity);
}

TYPED_TEST(KLDivergenceOf, HugeLogitsGiveExactValuesAndGradients) {
  const DType dtype = dtype_of<TypeParam>;
  const Variable z = Variable::leaf(Tensor::of({{1e8, -1e8, 0}, {-1e8, 1e8, 1e8}}, dtype));
  const Variable rows = kl_divergence_with_logits(indices({1, 2}), z, {.reduction = Reduction::none});
  EXPECT_THAT(rows.value().to_vector(), ElementsAre(2e8, DoubleNear(std::log(2), 1e-7)));
  for (const bool create_graph : {false, true}) {
    const Variables dz =
        grad(rows, {z}, Tensor::ones({2}, dtype), {.create_graph = create_graph, .retain_graph = true});
    EXPECT_THAT(dz[0].value().to_vector(), ElementsAre(1, -1, 0, 0, .5, -.5));
  }
}

TYPED_TEST(KLDivergenceOf, OneClassIsNoChoice) {
  const Variable z = Variable::leaf(Tensor::of({{-3}}, dtype_of<TypeParam>));
  EXPECT_EQ(kl_divergence_with_logits(indices({0}), z).value().item(), 0);
  EXPECT_EQ(grad(kl_divergence_with_logits(indices({0}), z), {z})[0].value().item(), 0);
}

}  // namespace
}  // namespace gibbs::losses
