// What BatchNorm does in training, and when its averages learn: once for every step, when its scope ends.
#include "gibbs/nn/layers/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "gibbs/autograd/checkpoint.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/nn.h"
#include "gibbs/tensor/random.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

Tensor batch_of(std::uint64_t seed, std::int64_t rows) {
  return kernels::normal({.seed = seed}, {rows, 2}, 3, 2, DType::float64);
}

/// In float64, so that averages are compared to the last digits.
BatchNorm double_norm(const BatchNormOptions& options) {
  BatchNorm layer(options);
  to(layer, DType::float64);
  return layer;
}

std::vector<double> average_of(BatchNorm& layer, std::size_t which) {
  return named_buffers(layer)[which].item.value().to_vector();
}

/// mean and variance (over count - less) of a channel, by loops.
std::pair<double, double> moments_of(const Tensor& x, std::int64_t channel, double less = 0) {
  const auto n = static_cast<double>(x.size(0));
  double mean = 0, squares = 0;
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    mean += x.at({i, channel}) / n;
  }
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    squares += std::pow(x.at({i, channel}) - mean, 2);
  }
  return {mean, squares / (n - less)};
}

TEST(BatchNorm, NormalisesByTheBatchInTrainingAndByTheAveragesAfterwards) {
  BatchNorm layer = double_norm({.features = 2, .keep = 0});
  const Tensor x = batch_of(1, 7);
  {
    const ForwardScope scope({.training = true});
    const Tensor y = layer(x).value();
    for (std::int64_t c = 0; c < 2; ++c) {
      const auto [mean, var] = moments_of(x, c);
      for (std::int64_t i = 0; i < 7; ++i) {
        EXPECT_NEAR(y.at({i, c}), (x.at({i, c}) - mean) / std::sqrt(var + 1e-3), 1e-12);
      }
    }
  }
  const Tensor other = batch_of(2, 3), y = layer(other).value();
  const auto [mean, var] = moments_of(x, 1);
  EXPECT_NEAR(y.at({2, 1}), (other.at({2, 1}) - mean) / std::sqrt(var + 1e-3), 1e-12);
}

TEST(BatchNorm, AveragesLearnWhenTheScopeEndsAndNotBefore) {
  for (const bool unbiased : {false, true}) {
    BatchNorm layer = double_norm({.features = 2, .keep = .75, .unbiased_running_var = unbiased});
    const Tensor x = batch_of(1, 7);
    {
      const ForwardScope scope({.training = true});
      layer(x);
      EXPECT_EQ(average_of(layer, 0), (std::vector<double>{0, 0}));
      EXPECT_EQ(average_of(layer, 1), (std::vector<double>{1, 1}));
    }
    for (std::int64_t c = 0; c < 2; ++c) {
      const auto [mean, var] = moments_of(x, c, unbiased ? 1 : 0);
      EXPECT_NEAR(average_of(layer, 0)[static_cast<std::size_t>(c)], .25 * mean, 1e-13);
      EXPECT_NEAR(average_of(layer, 1)[static_cast<std::size_t>(c)], .75 + .25 * var, 1e-13);
    }
  }
}

TEST(BatchNorm, EvaluationAndAStepThatThrowsTeachNothing) {
  BatchNorm layer = double_norm({.features = 2});
  layer(batch_of(1, 7));
  {
    const ForwardScope scope({});
    layer(batch_of(1, 7));
  }
  EXPECT_ANY_THROW({
    const ForwardScope scope({.training = true});
    layer(batch_of(1, 7));
    throw std::runtime_error("the data ends");
  });
  EXPECT_EQ(average_of(layer, 0), (std::vector<double>{0, 0}));
}

TEST(BatchNorm, PiecesOfAStepTeachOnceByTheirRows) {
  BatchNorm layer = double_norm({.features = 2, .keep = .5});
  const Tensor first = batch_of(1, 6), second = batch_of(2, 2);
  TrainingLoop loop;
  {
    const ForwardScope step = loop.next(8);
    {
      const ForwardScope piece = loop.piece(0);
      layer(first);
    }
    const ForwardScope piece = loop.piece(6);
    layer(second);
    EXPECT_EQ(average_of(layer, 0), (std::vector<double>{0, 0}));
  }
  const double mean = (6 * moments_of(first, 0).first + 2 * moments_of(second, 0).first) / 8;
  const double var = (6 * moments_of(first, 0).second + 2 * moments_of(second, 0).second) / 8;
  EXPECT_NEAR(average_of(layer, 0)[0], .5 * mean, 1e-13);
  EXPECT_NEAR(average_of(layer, 1)[0], .5 + .5 * var, 1e-13);
}

TEST(BatchNorm, WhatACheckpointComputesAgainTeachesNothing) {
  BatchNorm plain = double_norm({.features = 2}), again = double_norm({.features = 2});
  const auto step = [](BatchNorm& layer, bool keeps_nothing) {
    const ForwardScope scope({.training = true});
    const Variable x = Variable::leaf(batch_of(1, 7));
    const auto run = [&](const Variables& in) { return square(layer(in[0])); };
    const Variable y = keeps_nothing ? checkpoint(run, {x}) : run({x});
    return grad(sum(y * y), {x})[0].value();
  };
  EXPECT_EQ(step(plain, false).to_vector(), step(again, true).to_vector());
  EXPECT_EQ(average_of(plain, 1), average_of(again, 1));
}

TEST(BatchNorm, IsAsCheckLayerWantsIt) {
  for (const bool affine : {true, false}) {
    BatchNorm layer({.features = 3, .affine = affine});
    const CheckReport report = check_layer(layer, {4, 2, 3});
    EXPECT_TRUE(report) << report;
  }
}

TEST(BatchNorm, GradientsInTrainingAreThoseOfDifferences) {
  BatchNorm layer = double_norm({.features = 2});
  const auto f = [&](const Variables& in) {
    const ForwardScope scope({.training = true});
    return layer(in[0]);
  };
  const Tensor x = batch_of(5, 5);
  EXPECT_TRUE(gibbs::gradcheck(f, {x}));
  EXPECT_TRUE(gibbs::gradgradcheck(f, {x}));
}

TEST(Norms, SayWhatIsUnusual) {
  EXPECT_EQ(BatchNorm({.features = 3}).describe(), "BatchNorm(3)");
  EXPECT_EQ(BatchNorm({.features = 3, .epsilon = 1e-5, .keep = .9, .affine = false}).describe(),
            "BatchNorm(3, keep 0.9, epsilon 1e-05, not affine)");
  EXPECT_EQ(LayerNorm({.features = {2, 3}}).describe(), "LayerNorm(2 x 3)");
  EXPECT_EQ(RMSNorm({.features = {8}, .epsilon = .5}).describe(), "RMSNorm(8, epsilon 0.5)");
  EXPECT_EQ(GroupNorm({.groups = 2, .features = 4, .affine = false}).describe(),
            "GroupNorm(4 in 2 groups, not affine)");
  EXPECT_EQ(InstanceNorm({.features = 4, .affine = true}).describe(), "InstanceNorm(4, affine)");
}

TEST(LearnAverage, SaysWhereItMayBeCalled) {
  Buffer average(Tensor::zeros({2}));
  EXPECT_EQ(error_of([&] { learn_average(average, Tensor::zeros({2}), .5, 1); }),
            "learn_average: no module is running; call it inside a module's forward");
  struct Learner : Layer {
    Learner(Buffer b, Tensor value) : average(std::move(b)), reported(std::move(value)) {}
    std::string describe() const override { return "Learner"; }
    std::unique_ptr<Module> share() const override { return std::make_unique<Learner>(*this); }
    Variable forward(const Variable& x) override {
      learn_average(average, reported, .5, 1);
      return x;
    }
    Buffer average;
    Tensor reported;
  };
  EXPECT_EQ(error_of([&] { Learner(average, Tensor::zeros({2}))(Tensor::ones({1})); }),
            "learn_average: the model itself is not in training; ask forward_options().training first");
  const ForwardScope scope({.training = true});
  EXPECT_EQ(error_of([&] { Learner(average, Tensor::zeros({3}))(Tensor::ones({1})); }),
            "learn_average: the model itself has an average of [2], and reports [3]; they must be equal");
}

}  // namespace
}  // namespace gibbs::nn
