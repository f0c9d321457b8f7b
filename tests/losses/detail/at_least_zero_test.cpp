// What is at least 0 comes out at least 0, however near target and prediction are, by kernels and by ops; and nothing
// else about it changes: not its gradients, not the sums of rows that are no distributions.
#include "gibbs/losses/detail/at_least_zero.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/losses.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/random.h"
#include "tests/losses/nasty.h"
#include "tests/losses/oracle.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Pointwise;

constexpr std::int64_t kRows = 100;

struct Measure {
  const char* name;
  /// [N, K] logits of p and of q to [N].
  std::function<Variable(const Variable& p, const Variable& q)> f;
};

CategoricalOptions rows_with(double smoothing, Base base) {
  return {.reduction = Reduction::none, .label_smoothing = smoothing, .base = base};
}

std::vector<Measure> measures() {
  std::vector<Measure> all;
  using LossFunction = Variable (*)(const Target&, const Variable&, const CategoricalOptions&);
  struct Both {
    const char* name;
    LossFunction logits, probabilities;
  };
  for (const Both& both :
       {Both{"kl", kl_divergence_with_logits, kl_divergence_with_probabilities},
        Both{"reverse kl", reverse_kl_divergence_with_logits, reverse_kl_divergence_with_probabilities},
        Both{"jeffreys", jeffreys_divergence_with_logits, jeffreys_divergence_with_probabilities},
        Both{"js", js_divergence_with_logits, js_divergence_with_probabilities},
        Both{"cross entropy", cross_entropy_with_logits, cross_entropy_with_probabilities}}) {
    all.push_back({both.name, [=](auto& p, auto& q) { return both.logits(softmax(p), q, rows_with(0, Base::nats)); }});
    all.push_back(
        {both.name, [=](auto& p, auto& q) { return both.logits(softmax(p), q, rows_with(1e-6, Base::bits)); }});
    all.push_back({both.name, [=](auto& p, auto& q) {
                     return both.probabilities(softmax(p), softmax(q), rows_with(0, Base::nats));
                   }});
  }
  const CategoricalOptions none = rows_with(0, Base::nats);
  all.push_back(
      {"log target", [=](auto& p, auto& q) { return kl_divergence_with_log_target(log_softmax(p), q, none); }});
  all.push_back({"distillation",
                 [=](auto& p, auto& q) { return distillation_loss(p, q, {.temperature = 3, .categorical = none}); }});
  using Divergence = Variable (*)(const Variable&, const Variable&, const MeasureOptions&);
  for (const Divergence f :
       {cross_entropy, kl_divergence, reverse_kl_divergence, jeffreys_divergence, js_divergence, js_distance}) {
    all.push_back({"measure", [=](auto& p, auto& q) { return f(softmax(p), softmax(q), {}); }});
    all.push_back({"normalised measure",
                   [=](auto& p, auto& q) { return f(softmax(p) * 3.0, softmax(q) * .7, {.normalize = true}); }});
  }
  all.push_back({"generalised", [](auto& p, auto& q) { return generalized_kl_divergence(exp(p), exp(q)); }});
  all.push_back({"log rates", [](auto& p, auto& q) {
                   return generalized_kl_divergence_with_log_rates(exp(p), q, {.reduction = Reduction::none});
                 }});
  all.push_back({"rates", [](auto& p, auto& q) {
                   return generalized_kl_divergence_with_rates(exp(p), exp(q), {.reduction = Reduction::none});
                 }});
  for (const double alpha : {0., .5, .999, 1., 1.001, 2., 30.}) {
    all.push_back({"renyi", [=](auto& p, auto& q) { return renyi_divergence(softmax(p), softmax(q), alpha); }});
    all.push_back({"tsallis", [=](auto& p, auto& q) { return tsallis_divergence(softmax(p), softmax(q), alpha); }});
    all.push_back({"renyi entropy", [=](auto& p, auto&) { return renyi_entropy(softmax(p * 30.0), alpha); }});
    all.push_back({"tsallis entropy", [=](auto& p, auto&) { return tsallis_entropy(softmax(p * 30.0), alpha); }});
  }
  all.push_back({"entropy", [](auto& p, auto&) { return entropy(softmax(p * 30.0)); }});
  all.push_back({"information", [](auto& p, auto&) { return information(softmax(p * 30.0)); }});
  all.push_back({"binary entropy", [](auto& p, auto&) { return binary_entropy(softmax(p * 30.0)); }});
  all.push_back({"perplexity - 1", [](auto& p, auto&) { return perplexity(softmax(p * 30.0)) - 1.0; }});
  // The joint of two variables that are independent to rounding.
  const auto joint = [](const Variable& p, const Variable& q) { return independent_joint(softmax(p), softmax(q)); };
  all.push_back({"mutual information", [=](auto& p, auto& q) { return mutual_information(joint(p, q)); }});
  all.push_back({"conditional entropy", [=](auto& p, auto& q) { return conditional_entropy(joint(p * 30.0, q)); }});
  all.push_back({"joint entropy", [=](auto& p, auto& q) { return joint_entropy(joint(p * 30.0, q * 30.0)); }});
  all.push_back({"gaussian", [](auto& p, auto& q) {
                   return gaussian_kl({p, q}, {q, p}, {.reduction = Reduction::none});
                 }});
  all.push_back({"standard normal", [](auto& p, auto& q) {
                   return gaussian_kl_to_standard_normal(p - q, q - p, {.reduction = Reduction::none});
                 }});
  return all;
}

/// z + size noise, [kRows, K].
Tensor near(const Tensor& z, double size) {
  return kernels::add(z, kernels::mul(kernels::normal({.seed = 2}, z.shape(), 0, 1, z.dtype()), size));
}

class AtLeastZero : public ::testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(In, AtLeastZero, ::testing::Values(DType::float32, DType::float64));

TEST_P(AtLeastZero, WhateverPromisesIt) {
  for (const std::int64_t classes : {1, 4, 10}) {
    const Tensor z = kernels::normal({.seed = 1}, {kRows, classes}, 0, 1, GetParam());
    for (const double size : {0., 1e-17, 1e-8, 1e-5}) {
      const Tensor other = near(z, size);
      for (const Measure& measure : measures()) {
        const Variable p = Variable::leaf(z), q = Variable::leaf(other);
        for (const Variable& rows : {measure.f(z, other), measure.f(z, q), measure.f(p, q)}) {
          const std::vector<double> values = rows.value().to_vector();
          EXPECT_THAT(values, Each(Ge(0))) << measure.name << ", " << classes << " classes, " << size << " apart";
          EXPECT_TRUE(std::none_of(values.begin(), values.end(), [](double x) { return std::signbit(x); }))
              << measure.name << " is -0";
        }
      }
    }
  }
}

TEST_P(AtLeastZero, TheExampleAndItsReductions) {
  const Tensor z = kernels::cast(Tensor::of({{.1, .2, .7, 1.3}}), GetParam()), p = softmax(z).value();
  for (const Reduction reduction : {Reduction::none, Reduction::sum, Reduction::mean}) {
    const Variable logits = Variable::leaf(z);
    EXPECT_GE(sum(kl_divergence_with_logits(p, logits, {.reduction = reduction})).value().item(), 0);
    EXPECT_GE(sum(kl_divergence_with_logits(Variable::leaf(p), logits, {.reduction = reduction})).value().item(), 0);
  }
}

/// Logits whose divergence from their own softmax would be below 0, if there are any among many.
Tensor clipped_logits(DType dtype) {
  const Tensor z = kernels::normal({.seed = 3}, {kRows, 4}, 0, 1, dtype);
  const std::vector<double> rows =
      kl_divergence_with_logits(softmax(z), z, {.reduction = Reduction::none}).value().to_vector();
  std::vector<std::int64_t> clipped;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    if (rows[n] == 0) {
      clipped.push_back(static_cast<std::int64_t>(n));
    }
  }
  const auto count = static_cast<std::int64_t>(clipped.size());
  return kernels::take_rows(z, Tensor::from(clipped, {count}));
}

TEST_P(AtLeastZero, GradientsDoNotKnowOfIt) {
  const Tensor z = clipped_logits(GetParam());
  ASSERT_GT(z.size(0), kRows / 10);
  // A weight that differs in its last bit switches clipping off, and changes nothing else by more than that bit.
  const double last_bit = GetParam() == DType::float32 ? 1.2e-7 : 2.3e-16;
  const Tensor alike = Tensor::ones({4}, DType::float64), unlike = Tensor::of({1, 1, 1, 1 + last_bit}, DType::float64);
  const Tensor p = softmax(near(z, 1e-3)).value();
  for (const bool target_is_traced : {false, true}) {
    std::vector<std::vector<double>> first, second;
    for (const Tensor& weights : {alike, unlike}) {
      const Variable logits = Variable::leaf(z), target = Variable::leaf(softmax(z).value());
      const Variable loss = kl_divergence_with_logits(target_is_traced ? target : Variable(target.value()), logits,
                                                      {.reduction = Reduction::sum, .class_weights = weights});
      const Variable dz = grad(loss, {logits}, {.create_graph = true})[0];
      first.push_back(dz.value().to_vector());
      second.push_back(grad(sum(dz * Variable(p)), {logits}, GradOptions{})[0].value().to_vector());
    }
    EXPECT_THAT(first[0], Pointwise(DoubleNear(4 * last_bit), first[1]));
    EXPECT_THAT(second[0], Pointwise(DoubleNear(4 * last_bit), second[1]));
    EXPECT_FALSE(std::all_of(second[0].begin(), second[0].end(), [](double x) { return x == 0; }));
  }
  const Variable x = Variable::leaf(Tensor::of({-2, 3}, GetParam()));
  const Variable y = at_least_zero(x * x * x, Tensor::ones({2}, DType::uint8));
  EXPECT_THAT(y.value().to_vector(), ElementsAre(0, 27));
  const Variable dx = grad(y, {x}, Tensor::ones({2}, GetParam()), {.create_graph = true})[0];
  EXPECT_THAT(dx.value().to_vector(), ElementsAre(12, 27));
  EXPECT_THAT(testing::gradient(sum(dx), x), ElementsAre(-12, 18));
}

TEST_P(AtLeastZero, RowsThatAreNoDistributionsKeepTheirSums) {
  const double epsilon = GetParam() == DType::float32 ? 0x1p-23 : 0x1p-52;
  const auto divergence = [&](double sum, const Tensor& class_weights, bool by_ops) {
    const Tensor p = Tensor::of({{sum / 2, sum / 2}}, GetParam()), z = Tensor::of({{0, 0}}, GetParam());
    const Target target(by_ops ? Variable::leaf(p) : Variable(p));
    return kl_divergence_with_logits(target, z, {.class_weights = class_weights}).value().item();
  };
  const auto measure = [&](double sum) {
    const Tensor p = Tensor::of({sum / 2, sum / 2}, GetParam()), q = Tensor::of({.5, .5}, GetParam());
    return kl_divergence(p, q).value().item();
  };
  for (const bool by_ops : {false, true}) {
    EXPECT_EQ(divergence(1 - 16 * epsilon, {}, by_ops), 0);
    EXPECT_NEAR(divergence(1 - 18 * epsilon, {}, by_ops), -18 * epsilon, 2 * epsilon);
    EXPECT_NEAR(divergence(1 - 5e-5, {}, by_ops), -5e-5, 1e-7);
    EXPECT_EQ(divergence(1 - 8 * epsilon, Tensor::of({.3, .3}), by_ops), 0);
    EXPECT_LT(divergence(1 - 8 * epsilon, Tensor::of({.3, .31}), by_ops), 0);
    // The weights' mean is the weight of the first class.
    const Tensor p = Tensor::of({{.5, .25, .25}}, GetParam());
    const Variable z = log(Variable(Tensor::of({{.45, .2, .35}}, GetParam())));
    const CategoricalOptions unlike = {.class_weights = Tensor::of({1, .5, 1.5})};
    EXPECT_NEAR(kl_divergence_with_logits(by_ops ? Variable::leaf(p) : Variable(p), z, unlike).value().item(),
                .5 * std::log(.5 / .45) + .125 * std::log(1.25) + .375 * std::log(.25 / .35), 1e-7);
  }
  EXPECT_EQ(measure(1 - 16 * epsilon), 0);
  EXPECT_NEAR(measure(1 - 18 * epsilon), -18 * epsilon, 2 * epsilon);
  const Tensor half = Tensor::of({.5, .5}, GetParam()), more = Tensor::of({.5 + 2e-5, .5 + 2e-5}, GetParam());
  EXPECT_NEAR(kl_divergence(half, more).value().item(), -4e-5, 1e-7) << "a prediction that sums to more than 1";
  EXPECT_NEAR(entropy(Tensor::of({1.00005, 0}, GetParam())).value().item(), -5e-5, 1e-7);
  EXPECT_EQ(entropy(Tensor::of({1 + 8 * epsilon, 0}, GetParam())).value().item(), 0);
}

TEST(AtLeastZeroOfOneRow, NanStaysNanAndMinusZeroIsZero) {
  const Variable y = at_least_zero(Tensor::of({NAN, -0., -1, 2}), Tensor::of({1, 1, 0, 1}, DType::uint8));
  EXPECT_TRUE(std::isnan(y.value().to_vector()[0]));
  EXPECT_FALSE(std::signbit(y.value().to_vector()[1]));
  EXPECT_EQ(y.value().to_vector()[2], -1);
}

}  // namespace
}  // namespace gibbs::losses
