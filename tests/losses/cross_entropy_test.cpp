#include "gibbs/losses/cross_entropy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/autograd/ops/softmax.h"
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

TEST(CrossEntropy, PublishedByPyTorch) {
  const Tensor z = Tensor::of({{2.3, 2.1, 4.5}, {4.2, 3.2, 5.1}}), w = Tensor::of({25, 25, 100});
  const Tensor one_hot = Tensor::of({{0, 1, 0}, {0, 0, 1}});
  EXPECT_NEAR(cross_entropy_with_logits(indices({1, 2}), z, {.class_weights = w}).value().item(), .8705, 5e-5);
  // PyTorch divides by N = 2 for one-hot rows, and prints 54.4052; here both targets are the same thing.
  EXPECT_NEAR(cross_entropy_with_logits(one_hot, z, {.class_weights = w}).value().item(), .8705, 5e-5);
  const CategoricalOptions summed = {.reduction = Reduction::sum, .class_weights = w};
  EXPECT_NEAR(cross_entropy_with_logits(one_hot, z, summed).value().item() / 2, 54.4052, 5e-5);
  const Tensor smoothed = Tensor::of({{2, 1, 0, -1, .5}});
  EXPECT_NEAR(cross_entropy_with_logits(indices({0}), smoothed, {.label_smoothing = .1}).value().item(), .7244379,
              1e-7);
}

TEST(CrossEntropy, PublishedByOptaxAndMlx) {
  const Tensor z = Tensor::of({{1.2, -.8, -.5}, {.9, -1.2, 1.1}});
  EXPECT_THAT(cross_entropy_with_logits(indices({0, 1}), z, {.reduction = Reduction::none}).value().to_vector(),
              ElementsAre(DoubleNear(.2761, 5e-5), DoubleNear(2.9518, 5e-5)));
  const Tensor two = Tensor::of({{2, -1}}, DType::float64);
  EXPECT_NEAR(cross_entropy_with_logits(indices({0}), two).value().item(), .0485873, 1e-7);
  EXPECT_NEAR(cross_entropy_with_logits(Tensor::of({{.9, .1}}, DType::float64), two).value().item(), .348587, 5e-7);
}

TEST(CrossEntropy, ShiftOfLogitsOfAnySizeIsFree) {
  for (double v = 1; v <= 1e8; v *= 10) {
    const Variable z = Variable::leaf(Tensor::of({{v, v}}));
    const Variable loss = cross_entropy_with_logits(indices({0}), z);
    EXPECT_EQ(loss.value().item<float>(), std::log(2.f)) << v;
    for (const bool create_graph : {false, true}) {
      const Variables dz = grad(loss, {z}, {.create_graph = create_graph, .retain_graph = true});
      EXPECT_THAT(dz[0].value().to_vector(), ElementsAre(-0.5, 0.5)) << v;
    }
  }
}

const Tensor kSoft = Tensor::of({{.2, .5, .3}, {.7, .1, .2}}, DType::float64);
const Tensor kCeLogits = Tensor::of({{1, -.5, .25}, {-2, 1.5, .75}}, DType::float64);
const Tensor kCeWeights = Tensor::of({.5, 2, 1.25}, DType::float64);

TEST(CrossEntropy, GradientInLogitsIsPredictionMinusTargetOverRows) {
  const Variable z = Variable::leaf(kCeLogits);
  const std::vector<double> dz = grad(cross_entropy_with_logits(kSoft, z), {z})[0].value().to_vector();
  std::vector<double> expected;
  for (std::size_t n = 0; n < 2; ++n) {
    const oracle::Row q = oracle::softmax(oracle::matrix_of(kCeLogits)[n]);
    for (std::size_t k = 0; k < 3; ++k) {
      expected.push_back((q[k] - oracle::matrix_of(kSoft)[n][k]) / 2);
    }
  }
  EXPECT_THAT(dz, Pointwise(DoubleNear(1e-15), expected));
}

TEST(CrossEntropy, DerivativesOfPredictionAndTarget) {
  for (const Reduction reduction : {Reduction::none, Reduction::sum, Reduction::mean}) {
    const CategoricalOptions options = {.reduction = reduction, .label_smoothing = .1, .class_weights = kCeWeights};
    const auto on_logits = [&](const Variables& in) { return cross_entropy_with_logits(in[0], in[1], options); };
    // Through softmax, since a perturbed row of probabilities is no distribution.
    const auto on_probabilities = [&](const Variables& in) {
      return cross_entropy_with_probabilities(in[0], softmax(in[1]), options);
    };
    for (const DifferentiableFunction& f : {DifferentiableFunction(on_logits), {on_probabilities}}) {
      const auto first = gradcheck(f, {kSoft, kCeLogits}), second = gradgradcheck(f, {kSoft, kCeLogits});
      EXPECT_TRUE(first) << first.message;
      EXPECT_TRUE(second) << second.message;
    }
  }
}

TEST(CrossEntropy, HandWrittenGradientsAgreeWithThoseOfTheReference) {
  const Variable z = Variable::leaf(kCeLogits);
  for (const Target& target : {Target(kSoft), Target(indices({2, 0}))}) {
    const Variable loss = cross_entropy_with_logits(target, z, {.label_smoothing = .1, .class_weights = kCeWeights});
    const Variable by_hand = grad(loss, {z}, {.retain_graph = true})[0];
    const Variable by_reference = grad(loss, {z}, {.create_graph = true})[0];
    EXPECT_THAT(by_hand.value().to_vector(), Pointwise(DoubleNear(1e-14), by_reference.value().to_vector()));
  }
}

template <class T>
class CrossEntropyOf : public ::testing::Test {};
using Floats = ::testing::Types<float, double>;
TYPED_TEST_SUITE(CrossEntropyOf, Floats);

TYPED_TEST(CrossEntropyOf, ImpossibleClassesCostNothingUnlessTheyHappen) {
  const DType dtype = dtype_of<TypeParam>;
  const Variable p = Variable::leaf(Tensor::of({{1, 0, 0}, {0.5, 0, 0.5}}, dtype));
  const Variable z = Variable::leaf(Tensor::of({{0, -kInfinity, 0}, {3, -kInfinity, 3}}, dtype));
  const Variable loss = cross_entropy_with_logits(p, z);
  EXPECT_NEAR(loss.value().item(), std::log(2), 1e-7);
  for (const bool create_graph : {false, true}) {
    const Variables d = grad(loss, {p, z}, {.create_graph = create_graph, .retain_graph = true});
    EXPECT_THAT(d[1].value().to_vector(), Pointwise(DoubleNear(1e-7), {-.25, 0., .25, 0., 0., 0.}));
    const double half = std::log(2) / 2;
    EXPECT_THAT(d[0].value().to_vector(), Pointwise(DoubleNear(1e-7), {half, 0., half, half, 0., half}));
  }
  const Variable certain_miss = cross_entropy_with_logits(indices({1, 0}), z);
  EXPECT_EQ(certain_miss.value().item(), kInfinity);
  EXPECT_THAT(grad(certain_miss, {z})[0].value().to_vector(),
              Pointwise(DoubleNear(1e-7), {.25, -.5, .25, -.25, 0., .25}));
}

TYPED_TEST(CrossEntropyOf, ProbabilitiesOfZero) {
  const DType dtype = dtype_of<TypeParam>;
  const Variable p = Variable::leaf(Tensor::of({{0.25, 0.75, 0}, {1, 0, 0}}, dtype));
  const Variable q = Variable::leaf(Tensor::of({{0.5, 0.5, 0}, {1, 0, 0}}, dtype));
  const Variable loss = cross_entropy_with_probabilities(p, q, {.reduction = Reduction::sum});
  EXPECT_NEAR(loss.value().item(), std::log(2), 1e-7);
  for (const bool create_graph : {false, true}) {
    const Variables d = grad(loss, {p, q}, {.create_graph = create_graph, .retain_graph = true});
    EXPECT_THAT(d[1].value().to_vector(), ElementsAre(-.5, -1.5, 0, -1, 0, 0));
    EXPECT_THAT(d[0].value().to_vector(), Pointwise(DoubleNear(1e-7), {std::log(2), std::log(2), 0., 0., 0., 0.}));
  }
  EXPECT_EQ(cross_entropy_with_probabilities(indices({2, 0}), q).value().item(), kInfinity);
}

TYPED_TEST(CrossEntropyOf, HugeLogitsGiveExactValuesAndGradients) {
  const DType dtype = dtype_of<TypeParam>;
  const Variable z = Variable::leaf(Tensor::of({{1e8, -1e8, 0}, {-1e8, 1e8, 1e8}}, dtype));
  const Variable rows = cross_entropy_with_logits(indices({1, 2}), z, {.reduction = Reduction::none});
  EXPECT_THAT(rows.value().to_vector(), ElementsAre(2e8, DoubleNear(std::log(2), 1e-7)));
  for (const bool create_graph : {false, true}) {
    const Variables dz =
        grad(rows, {z}, Tensor::ones({2}, dtype), {.create_graph = create_graph, .retain_graph = true});
    EXPECT_THAT(dz[0].value().to_vector(), ElementsAre(1, -1, 0, 0, .5, -.5));
  }
}

TYPED_TEST(CrossEntropyOf, OneClassIsNoChoice) {
  const DType dtype = dtype_of<TypeParam>;
  const Variable z = Variable::leaf(Tensor::of({{-3}}, dtype)), q = Variable::leaf(Tensor::of({{1}}, dtype));
  EXPECT_EQ(cross_entropy_with_logits(indices({0}), z).value().item(), 0);
  EXPECT_EQ(grad(cross_entropy_with_logits(indices({0}), z), {z})[0].value().item(), 0);
  EXPECT_EQ(cross_entropy_with_probabilities(Tensor::of({{1}}, dtype), q).value().item(), 0);
}

}  // namespace
}  // namespace gibbs::losses
