// Flatten: the order of elements, shapes, gradients.
#include "gibbs/nn/layers/flatten.h"

#include "gibbs/nn/check/gradcheck.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/oracle.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

TEST(Flatten, KeepsTheOrderOfElements) {
  Flatten layer;
  const Tensor x = gibbs::testing::random({2, 3, 4, 5});
  const Tensor y = layer(x).value();
  EXPECT_EQ(y.shape(), (Shape{2, 60}));
  EXPECT_EQ(y.to_vector(), x.to_vector());
}

TEST(Flatten, EveryRankFromOne) {
  Flatten layer;
  EXPECT_EQ(layer(Tensor::zeros({5})).shape(), (Shape{5, 1}));
  EXPECT_EQ(layer(Tensor::zeros({5, 2})).shape(), (Shape{5, 2}));
  EXPECT_EQ(layer(Tensor::zeros({0, 2, 3})).shape(), (Shape{0, 6}));
  EXPECT_EQ(error_of([&] { layer(Tensor::zeros({})); }), "Flatten: the model itself expects [N, ...], received []");
}

TEST(Flatten, GradientsAgreeWithDifferences) {
  Flatten layer;
  const Tensor x = gibbs::testing::random({2, 3, 2});
  const GradcheckReport first = gradcheck(layer, x), second = gradgradcheck(layer, x);
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
  EXPECT_EQ(layer.describe(), "Flatten");
}

}  // namespace
}  // namespace gibbs::nn
