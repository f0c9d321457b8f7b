// Hinge losses at their kinks, far away, and against published numbers. Values and gradients by the definitions are
// checked in tests/battery/registry_regression.cpp.
#include "gibbs/losses/hinge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"

namespace gibbs::losses {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;

const Tensor kLabels = f64({{1, -1}, {-1, 1}, {1, 1}}), kScores = f64({{.5, .5}, {-2, 3}, {-1.5, .75}});

TEST(Hinge, OfTwoClasses) {
  const ElementwiseOptions rows = {.reduction = Reduction::none};
  EXPECT_THAT(hinge(kLabels, kScores, rows).value().to_vector(), ElementsAre(1, 0, 1.375));
  EXPECT_THAT(squared_hinge(kLabels, kScores, rows).value().to_vector(), ElementsAre(1.25, 0, 3.15625));
  EXPECT_DOUBLE_EQ(hinge(kLabels, kScores).value().item(), 2.375 / 3);
  // At the margin itself the derivative is 0.
  const Variable z = Variable::leaf(f64({1, -1, 3}));
  EXPECT_THAT(testing::gradient(hinge(f64({1, 1, -1}), z, rows), z), ElementsAre(0, -1, 1));
  EXPECT_THAT(testing::gradient(squared_hinge(f64({1, 1, -1}), z, rows), z), ElementsAre(0, -4, 8));
}

TEST(Hinge, MultiMarginIsPyTorchsTimesTheClasses) {
  // torch.nn.functional.multi_margin_loss([[.1, .2, .4, .8]], [3]), published in PyTorch's documentation as 0.3250.
  const Tensor scores = f64({{.1, .2, .4, .8}});
  EXPECT_NEAR(multi_margin(Tensor::of({3}, DType::int64), scores).value().item() / 4, .3250, 5e-5);
}

TEST(Hinge, IsTotal) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Tensor labels = Tensor::of({{1, -1, 1}, {-1, 1, 1}}, dtype);
    const Tensor scores = Tensor::of({{1e8, 1e8, -1e8}, {0, -1e8, 1}}, dtype);
    for (const auto loss : {hinge, squared_hinge}) {
      testing::expect_no_nan([&](const Variables& x) { return loss(labels, x[0], {}); }, {scores});
    }
    for (const auto loss : {categorical_hinge, multi_margin}) {
      const auto of_two = Tensor::of({0, 2}, DType::int64), of_one = Tensor::of({0}, DType::int64);
      testing::expect_no_nan([&](const Variables& x) { return loss(of_two, x[0], {}); }, {scores});
      const Variable alone = Variable::leaf(Tensor::of({{-3}}, dtype));
      EXPECT_EQ(loss(of_one, alone, {}).value().item(), 0);
      EXPECT_THAT(testing::gradient(loss(of_one, alone, {}), alone), Each(0));
    }
  }
}

TEST(Hinge, Errors) {
  const Tensor z = f64({{1, 2}, {3, 4}});
  EXPECT_EQ(error_of([&] {
              hinge(f64({{1, -1}, {0, 1}}), z);
            }),
            "hinge: target row 1 has the label 0; labels are -1 and 1 (2 y - 1 makes them of 0 and 1)");
  EXPECT_EQ(error_of([&] {
              squared_hinge(f64({1, -1}), z);
            }),
            "squared_hinge: the target is [2], the prediction [2, 2]; they must be equal, reshape one");
  const auto indices = [](const NestedList& list) { return Tensor::of(list, DType::int64); };
  EXPECT_EQ(error_of([&] {
              categorical_hinge(indices({0, 2}), z);
            }),
            "categorical_hinge: target row 1 is class 2, outside [0, 2)");
  EXPECT_EQ(error_of([&] {
              multi_margin(f64({0, 1}), z);
            }),
            "multi_margin: the target is float64 [2], the scores [2, 2]; class indices are int64 [2]");
  EXPECT_EQ(error_of([&] {
              multi_margin(indices({0, 1}), f64({1, 2}));
            }),
            "multi_margin: scores must be [N, K] or [N, ..., K], with a row and a class, not [2]");
  EXPECT_EQ(error_of([&] {
              multi_margin(indices({0, 1}), indices({{1, 2}, {3, 4}}));
            }),
            "multi_margin: scores must be float32 or float64, not int64");
}

}  // namespace
}  // namespace gibbs::losses
