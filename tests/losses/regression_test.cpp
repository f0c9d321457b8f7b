// Squared and absolute error and Huber's loss, and what they share. Values and gradients by the definitions are checked
// in tests/battery/registry_regression.cpp.
#include "gibbs/losses/regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/autograd/grad.h"
#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"

namespace gibbs::losses {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;

const Tensor kTarget = f64({{1, 2}, {0, -1}, {3, 3}}), kPrediction = f64({{2, 4.5}, {.25, 1}, {2.5, 6}});

const Tensor kWholeTarget = f64({{1, 2}, {0, -1}, {3, 3}}), kWholePrediction = f64({{2, 4}, {0, 1}, {3, 6}});

TEST(MeanSquaredError, RowsAreMeansAndMeanIsOverAllElements) {
  const auto with = [](Reduction reduction) {
    return mean_squared_error(kWholeTarget, kWholePrediction, {.reduction = reduction}).value().to_vector();
  };
  EXPECT_THAT(with(Reduction::none), ElementsAre(2.5, 2, 4.5));
  EXPECT_THAT(with(Reduction::sum), ElementsAre(9));
  EXPECT_THAT(with(Reduction::mean), ElementsAre(3));
}

TEST(MeanSquaredError, VectorsAreRowsOfOneElement) {
  const Tensor y = Tensor::of({1, 2}), x = Tensor::of({2, 5});
  EXPECT_THAT(mean_squared_error(y, x, {.reduction = Reduction::none}).value().to_vector(), ElementsAre(1, 9));
}

TEST(MeanSquaredError, GradientIsTwiceTheDifferenceOverTheCount) {
  const Variable x = Variable::leaf(kWholePrediction);
  const double sixth = 2.0 / 6;
  EXPECT_THAT(grad(mean_squared_error(kWholeTarget, x), {x})[0].value().to_vector(),
              ::testing::Pointwise(::testing::DoubleEq(), {sixth, 2 * sixth, 0.0, 2 * sixth, 0.0, 3 * sixth}));
}

TEST(MeanSquaredError, NothingBroadcasts) {
  const auto with = [](const Tensor& target, const Tensor& prediction) {
    return [=] { mean_squared_error(target, prediction); };
  };
  EXPECT_THAT(with(Tensor::zeros({3}), Tensor::zeros({3, 1})),
              ::testing::ThrowsMessage<Error>(
                  ::testing::StrEq("mean_squared_error: the target is [3], the prediction [3, 1]; they "
                                   "must be equal, reshape one")));
  EXPECT_THAT(
      with(Tensor::zeros({3}), Tensor::zeros({3}, DType::float64)),
      ::testing::ThrowsMessage<Error>(::testing::StrEq("mean_squared_error: dtypes differ: the target is float32, the "
                                                       "prediction float64; convert one with cast")));
  EXPECT_THAT(with(Tensor::zeros({3}, DType::int64), Tensor::zeros({3}, DType::int64)),
              ::testing::ThrowsMessage<Error>(
                  ::testing::StrEq("mean_squared_error: the prediction must be float32 or float64, not "
                                   "int64")));
  EXPECT_THAT(with(Tensor::zeros({0, 3}), Tensor::zeros({0, 3})),
              ::testing::ThrowsMessage<Error>(
                  ::testing::StrEq("mean_squared_error: needs at least one row and one element, not "
                                   "shape [0, 3]")));
}

TEST(MeanAbsoluteError, RowsAreMeansAndMeanIsOverAllElements) {
  const auto with = [](Reduction reduction) {
    return mean_absolute_error(kTarget, kPrediction, {.reduction = reduction}).value().to_vector();
  };
  EXPECT_THAT(with(Reduction::none), ElementsAre(1.75, 1.125, 1.75));
  EXPECT_THAT(with(Reduction::sum), ElementsAre(4.625));
  EXPECT_THAT(with(Reduction::mean), ElementsAre(::testing::DoubleEq(4.625 / 3)));
}

TEST(MeanAbsoluteError, HasNoDerivativeWhereTheTargetIsMet) {
  const Variable met = Variable::leaf(f64({1, 2}));
  EXPECT_THAT(testing::gradient(mean_absolute_error(f64({1, 4}), met), met), ElementsAre(0, -.5));
}

TEST(Huber, IsHalfTheSquareInsideAndALineOutside) {
  const Tensor rows = f64({.5, -1, 3, -1e30});
  const Variable x = Variable::leaf(rows);
  const Variable loss = huber(f64({0, 0, 0, 0}), x, {.delta = 2, .reduction = Reduction::none});
  EXPECT_THAT(loss.value().to_vector(), ElementsAre(.125, .5, 4, 2e30));
  EXPECT_THAT(testing::gradient(loss, x), ElementsAre(.5, -1, 2, -2));
}

TEST(Huber, OutliersDoNotOverflowInFloat32) {
  const Tensor zero = Tensor::zeros({1}), far = Tensor::of({1e30});
  EXPECT_FLOAT_EQ(huber(zero, far).value().item<float>(), 1e30F);
  testing::expect_no_nan([](const Variables& x) { return huber(x[0], x[1]); }, {zero, far});
}

TEST(Regression, Errors) {
  const Tensor x = f64({1, 2}), y = f64({{1, 2}});
  EXPECT_EQ(error_of([&] { mean_absolute_error(x, y); }),
            "mean_absolute_error: the target is [2], the prediction [1, 2]; they must be equal, reshape one");
  EXPECT_EQ(error_of([&] { huber(x, y); }),
            "huber: the target is [2], the prediction [1, 2]; they must be equal, reshape one");
  EXPECT_EQ(error_of([&] { huber(x, x, {.delta = 0}); }), "huber: delta is 0; it is a distance, above 0");
  EXPECT_EQ(error_of([&] { huber(x, x, {.delta = std::nan("")}); }), "huber: delta is nan; it is a distance, above 0");
}

}  // namespace
}  // namespace gibbs::losses
