// Sequential: composition, copies, nesting.
#include "gibbs/nn/sequential.h"

#include "gibbs/nn/check/gradcheck.h"
#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/layers/dense.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

TEST(Sequential, RunsItsLayersInOrder) {
  Sequential model(Dense({.in = 3, .out = 4}), Tanh(), Dense({.in = 4, .out = 2}));
  initialize(model, 1);
  const Tensor x = Tensor::of({{1, -2, 0.5}});
  EXPECT_EQ(model(x).value().to_vector(), model[2](model[1](model[0](x))).value().to_vector());
  EXPECT_EQ(model.size(), 3);
  EXPECT_EQ(model.describe(), "Sequential(3 layers)");
  EXPECT_THROW(model[3], std::out_of_range);
}

TEST(Sequential, EmptyIsTheIdentityAndGrowsByAdd) {
  Sequential model;
  const Tensor x = Tensor::of({{-1, 2}});
  EXPECT_TRUE(model(x).value().shares_storage_with(x));
  model.add(ReLU()).add(ReLU());
  EXPECT_EQ(model.size(), 2);
  EXPECT_EQ(model(x).value().to_vector(), (std::vector<double>{0, 2}));
}

TEST(Sequential, CopiesHaveLayersOfTheirOwnThatShareParameters) {
  Sequential model(Dense({.in = 2, .out = 2}), ReLU());
  initialize(model, 1);
  Sequential copy = model;
  copy.add(ReLU());
  EXPECT_EQ(model.size(), 2);
  EXPECT_NE(&copy[0], &model[0]);
  EXPECT_TRUE(parameters(copy)[0].item.same_as(parameters(model)[0].item));
  Sequential moved = std::move(copy);
  EXPECT_EQ(moved.size(), 3);
  moved = model;
  EXPECT_EQ(moved.size(), 2);
}

TEST(Sequential, GradientsAgreeWithDifferences) {
  Sequential model(Dense({.in = 2, .out = 3}), Tanh(), Dense({.in = 3, .out = 2}));
  initialize(model, 2);
  to(model, DType::float64);
  const Tensor x = Tensor::of({{1, -2}, {0.5, 0.25}}, DType::float64);
  const GradcheckReport first = gradcheck(model, x), second = gradgradcheck(model, x);
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
}

}  // namespace
}  // namespace gibbs::nn
