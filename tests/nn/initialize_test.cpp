// Initial weights: a function of seed and path alone, in whatever order and spelling a model is put together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gibbs/nn/nn.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

Parameter weight_at(Module& module, const std::string& path) {
  for (const auto& [name, parameter] : named_parameters(module)) {
    if (name == path) {
      return parameter;
    }
  }
  ADD_FAILURE() << "there is no " << path;
  return {};
}

std::string digest(Module&& module, std::uint64_t seed) {
  initialize(module, seed);
  return weights_sha256(module);
}

// Compilers differ in the order in which they make the layers of one line; .ci/run runs this with two.
TEST(Initialize, TheNetworkOfTheReadmeHasTheSameWeightsEverywhere) {
  Sequential model(Conv2d({.in = 3, .out = 32, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Dropout({.rate = 0.5}),
                   Conv2d({.in = 32, .out = 64, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Dropout({.rate = 0.5}),
                   Flatten(), Dense({.in = 2304, .out = 256}), ReLU(), Dense({.in = 256, .out = 10}));
  initialize(model, 0);
  EXPECT_EQ(weights_sha256(model), "553f3a0a22d4b9f9cf04f277ca754cddf99bcdd4e77409df97806b3b04b4bcbe");
}

TEST(Initialize, TheSpellingDoesNotMatter) {
  const Dense first({.in = 3, .out = 4}), second({.in = 4, .out = 4}), third({.in = 4, .out = 2});
  const std::string expected = digest(Sequential{first, second, third}, 5);
  EXPECT_EQ(digest(Sequential(Dense({.in = 3, .out = 4}), Dense({.in = 4, .out = 4}), Dense({.in = 4, .out = 2})), 5),
            expected);
  EXPECT_EQ(digest(Sequential{Dense({.in = 3, .out = 4}), Dense({.in = 4, .out = 4}), Dense({.in = 4, .out = 2})}, 5),
            expected);
  Dense last({.in = 4, .out = 2}), middle({.in = 4, .out = 4});  // made in another order
  Sequential grown;
  grown.add(Dense({.in = 3, .out = 4})).add(middle).add(std::move(last));
  EXPECT_EQ(digest(std::move(grown), 5), expected);
  Sequential cloned(Dense({.in = 3, .out = 4}), Dense({.in = 4, .out = 4}), Dense({.in = 4, .out = 2}));
  EXPECT_EQ(digest(std::move(*clone(cloned)), 5), expected);
  EXPECT_TRUE(has_pending(cloned)) << "a clone's numbers are its own";
  Sequential model =
      initialized(Sequential(Dense({.in = 3, .out = 4}), Dense({.in = 4, .out = 4}), Dense({.in = 4, .out = 2})), 5);
  EXPECT_EQ(weights_sha256(model), expected);
  EXPECT_NE(digest(std::move(cloned), 6), expected);
}

TEST(Initialize, DrawsFromTheKeyOfSeedAndPath) {
  Sequential model(ReLU(), Sequential(Conv2d({.in = 4, .out = 6, .kernel = {3, 5}, .groups = 2})));
  initialize(model, 9);
  EXPECT_EQ(weight_at(model, "1.0.weight").value().to_vector(),
            glorot_uniform({3, 5, 2, 6}, 30, 45, RandomKey{.seed = 9}.derive("1.0.weight")).to_vector());
  Dense alone({.in = 2, .out = 3, .weight_init = he_normal});
  initialize(alone, 9);
  EXPECT_EQ(weight_at(alone, "weight").value().to_vector(),
            he_normal({2, 3}, 2, 3, RandomKey{.seed = 9}.derive("weight")).to_vector());
}

TEST(Initialize, LayersOfEqualShapeGetOtherNumbers) {
  Sequential model(Dense({.in = 3, .out = 3}), Dense({.in = 3, .out = 3}));
  initialize(model, 0);
  EXPECT_NE(weight_at(model, "0.weight").value().to_vector(), weight_at(model, "1.weight").value().to_vector());
}

TEST(Initialize, ATieTakesItsFirstPath) {
  const Dense shared({.in = 3, .out = 3});
  Sequential tied(shared, ReLU(), shared), untied(Dense({.in = 3, .out = 3}), ReLU(), Dense({.in = 3, .out = 3}));
  initialize(tied, 4);
  initialize(untied, 4);
  EXPECT_TRUE(weight_at(tied, "0.weight").same_as(weight_at(tied, "2.weight")));
  EXPECT_EQ(weight_at(tied, "2.weight").value().to_vector(), weight_at(untied, "0.weight").value().to_vector());
}

TEST(Initialize, ASharedModuleGetsItsNumbersWithTheOriginal) {
  Sequential model(Dense({.in = 3, .out = 3})), copy = model;
  initialize(copy, 1);
  EXPECT_FALSE(has_pending(model));
  EXPECT_EQ(weights_sha256(model), weights_sha256(copy));
}

TEST(Initialize, WhatHasNumbersIsLeftAlone) {
  Sequential model(initialized(Dense({.in = 3, .out = 3}), 1), Dense({.in = 3, .out = 3}));
  const std::vector<double> before = weight_at(model, "0.weight").value().to_vector();
  EXPECT_TRUE(has_pending(model));
  initialize(model, 2);
  EXPECT_FALSE(has_pending(model));
  EXPECT_EQ(weight_at(model, "0.weight").value().to_vector(), before);
  EXPECT_EQ(weight_at(model, "0.bias").value().to_vector(), (std::vector<double>{0, 0, 0}));
  const std::string all = weights_sha256(model);
  initialize(model, 3);
  EXPECT_EQ(weights_sha256(model), all) << "a second call changes nothing";
}

TEST(Initialize, ConvertingBeforeOrAfterIsTheSame) {
  Dense before({.in = 3, .out = 3}), after({.in = 3, .out = 3});
  to(before, DType::float64);
  initialize(before, 1);
  initialize(after, 1);
  to(after, DType::float64);
  EXPECT_EQ(weights_sha256(before), weights_sha256(after));
}

TEST(Initialize, MeanAndVarianceAreTheInitializers) {
  Sequential model(Dense({.in = 600, .out = 400}));
  initialize(model, 0);
  const Tensor w = kernels::cast(weight_at(model, "0.weight").value(), DType::float64);
  const double n = 240'000, variance = 2.0 / (600 + 400), limit = std::sqrt(6.0 / (600 + 400));
  // Five standard errors; the variance of a uniform square is 4/5 of the squared variance.
  EXPECT_NEAR(kernels::mean(w).item(), 0, 5 * std::sqrt(variance / n));
  EXPECT_NEAR(kernels::mean(kernels::mul(w, w)).item(), variance, 5 * variance * std::sqrt(0.8 / n));
  EXPECT_LE(kernels::max(kernels::abs(w)).item(), limit * (1 + 1e-6));
}

TEST(Initialize, APendingModelSaysWhatToCall) {
  Sequential dense(ReLU(), Dense({.in = 3, .out = 3}));
  EXPECT_EQ(error_of([&] {
              dense(Tensor::ones({2, 3}));
            }),
            "Dense: layer '1' has no numbers yet; call nn::initialize(model, seed) first");
  Sequential block(Conv2d({.in = 3, .out = 16, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}));  // would be fused
  EXPECT_EQ(error_of([&] {
              block(Tensor::ones({2, 8, 8, 3}));
            }),
            "Conv2d: layer '0' has no numbers yet; call nn::initialize(model, seed) first");
  EXPECT_EQ(error_of([&] { weights_sha256(dense); }),
            "named_tensors: parameter '1.weight' has no numbers yet; call nn::initialize(model, seed) first");
  EXPECT_EQ(parameter_count(dense), 12);
  EXPECT_EQ(named_parameters(dense)[0].item.shape(), Shape({3, 3}));
}

TEST(Initialize, CheckLayerWorksOnACopyOfAPendingLayer) {
  Sequential layer(Dense({.in = 2, .out = 3}), Tanh());
  const CheckReport report = check_layer(layer, {4, 2});
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(report.subject, "Sequential(2 layers) on [4, 2]");
  EXPECT_EQ(report["parameters"].detail, "2 read, all of them visited");
  EXPECT_TRUE(has_pending(layer));

  struct Inherits : Dense {
    Inherits() : Dense({.in = 2, .out = 2}) {}
  } inherits;
  EXPECT_THAT(check_layer(inherits, {4, 2})["initialize"].detail,
              ::testing::StartsWith("share() makes 'Dense(2 -> 2)', not 'Dense(2 -> 2)'; does a derived class"));
  Dense fanless({.in = 2, .out = 2, .weight_init = [](const Shape& shape, std::int64_t, std::int64_t, RandomKey key) {
                   return glorot_uniform(shape, 0, 0, key);
                 }});
  EXPECT_THAT(check_layer(fanless, {4, 2})["initialize"].detail,
              ::testing::StartsWith("glorot_uniform: the fans that a weight connects add up to 0"));
}

TEST(Initialize, AnInitializerThatFailsLeavesTheRestForLater) {
  int calls = 0;
  const Initializer flaky = [&](const Shape& shape, std::int64_t, std::int64_t, RandomKey) {
    check(++calls > 1, "not now");
    return Tensor::ones(shape);
  };
  Sequential model(Dense({.in = 1, .out = 1}), Dense({.in = 1, .out = 1, .weight_init = flaky}));
  EXPECT_EQ(error_of([&] { initialize(model, 0); }), "not now");
  EXPECT_TRUE(has_pending(model));
  initialize(model, 0);
  EXPECT_FALSE(has_pending(model));
}

}  // namespace
}  // namespace gibbs::nn
