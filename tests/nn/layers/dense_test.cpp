// Dense against sums in float64; its start, gradients, description and errors.
#include "gibbs/nn/layers/dense.h"

#include "gibbs/nn/check/gradcheck.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::nn {
namespace {

using namespace gibbs::testing;

Dense float64_dense(const DenseOptions& options) {
  Dense layer(options);
  for (auto& [path, parameter] : parameters(layer)) {
    parameter.replace(gibbs::testing::random(parameter.shape(), 7, -1, 1));
  }
  return layer;
}

TEST(Dense, IsXWPlusB) {
  for (const bool bias : {true, false}) {
    Dense layer = float64_dense({.in = 3, .out = 2, .bias = bias});
    const std::vector<Named<Parameter>> p = parameters(layer);
    ASSERT_EQ(p.size(), bias ? 2 : 1);
    const Tensor x = gibbs::testing::random({2, 4, 3});
    const Tensor expected = build({2, 4, 2}, [&](const Index& y) {
      double total = bias ? at(p[1].item.value(), {y[2]}) : 0;
      for (std::int64_t k = 0; k < 3; ++k) {
        total += at(x, {y[0], y[1], k}) * at(p[0].item.value(), {k, y[2]});
      }
      return total;
    });
    EXPECT_TRUE(near(layer(x).value(), expected, 1e-14));
    EXPECT_TRUE(near(layer(x.reshape({8, 3})).value(), expected.reshape({8, 2}), 1e-14));
  }
}

TEST(Dense, GradientsAgreeWithDifferences) {
  for (const bool bias : {true, false}) {
    Dense layer = float64_dense({.in = 3, .out = 2, .bias = bias});
    for (const Shape& shape : {Shape{4, 3}, Shape{2, 2, 3}}) {
      const GradcheckReport first = gradcheck(layer, gibbs::testing::random(shape));
      const GradcheckReport second = gradgradcheck(layer, gibbs::testing::random(shape));
      EXPECT_TRUE(first) << first.message;
      EXPECT_TRUE(second) << second.message;
    }
  }
}

TEST(Dense, DescribesItselfAndCountsMultiplyAddsAsTwo) {
  Dense layer({.in = 2304, .out = 256});
  initialize(layer, 0);
  EXPECT_EQ(layer.describe(), "Dense(2304 -> 256)");
  EXPECT_EQ(Dense({.in = 2, .out = 3, .bias = false}).describe(), "Dense(2 -> 3, no bias)");
  EXPECT_EQ(layer.flops({1, 2304}, {1, 256}), 2.0 * 2304 * 256);
  EXPECT_EQ(layer(Tensor::zeros({0, 2304})).shape(), (Shape{0, 256}));
}

TEST(Dense, Errors) {
  Dense layer({.in = 3, .out = 2});
  initialize(layer, 0);
  EXPECT_EQ(error_of([&] { layer(Tensor::zeros({4, 2})); }), "Dense: the model itself expects [N, 3], received [4, 2]");
  EXPECT_EQ(error_of([&] { layer(Tensor::zeros({3})); }), "Dense: the model itself expects [N, 3], received [3]");
  EXPECT_EQ(error_of([&] {
              layer(Tensor::zeros({4, 2, 2}));
            }),
            "Dense: the model itself expects [N, 3], received [4, 2, 2]; put a Flatten before it");
  EXPECT_EQ(error_of([&] { Dense({.in = 3, .out = 0}); }), "Dense: in and out must be positive, not 3 and 0");
}

}  // namespace
}  // namespace gibbs::nn
