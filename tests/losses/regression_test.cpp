// Mean absolute error and Huber's loss; what they share with the mean squared error is tested beside that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/losses/huber.h"
#include "gibbs/losses/mean_absolute_error.h"
#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"

namespace gibbs::losses {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;

const Tensor kTarget = f64({{1, 2}, {0, -1}, {3, 3}}), kPrediction = f64({{2, 4.5}, {.25, 1}, {2.5, 6}});

TEST(MeanAbsoluteError, RowsAreMeansAndMeanIsOverAllElements) {
  const auto with = [](Reduction reduction) {
    return mean_absolute_error(kTarget, kPrediction, {.reduction = reduction}).value().to_vector();
  };
  EXPECT_THAT(with(Reduction::none), ElementsAre(1.75, 1.125, 1.75));
  EXPECT_THAT(with(Reduction::sum), ElementsAre(4.625));
  EXPECT_THAT(with(Reduction::mean), ElementsAre(::testing::DoubleEq(4.625 / 3)));
}

TEST(MeanAbsoluteError, HasItsDerivatives) {
  const auto oracle = [](const testing::Tensors& x) {
    return testing::build({3}, [&](const auto& i) {
      return (std::abs(x[1].at({i[0], 0}) - x[0].at({i[0], 0})) + std::abs(x[1].at({i[0], 1}) - x[0].at({i[0], 1}))) /
             2;
    });
  };
  testing::expect_op([](const Variables& x) { return mean_absolute_error(x[0], x[1], {.reduction = Reduction::none}); },
                     {kTarget, kPrediction}, oracle);
  const Variable met = Variable::leaf(f64({1, 2}));
  EXPECT_THAT(testing::gradient(mean_absolute_error(f64({1, 4}), met), met), ElementsAre(0, -.5));
}

double huber_of(double d, double delta) {
  return std::abs(d) <= delta ? d * d / 2 : delta * std::abs(d) - delta * delta / 2;
}

TEST(Huber, HasItsDerivatives) {
  for (const double delta : {.3, 1., 2.2}) {
    const auto oracle = [delta](const testing::Tensors& x) {
      double total = 0;
      testing::for_each_index(
          {3, 2}, [&](const auto& i) { total += huber_of(testing::at(x[1], i) - testing::at(x[0], i), delta) / 6; });
      return testing::build({}, [&](const auto&) { return total; });
    };
    // 0.25 is left out as a test point of delta = 1: differences of 1 are at the joint, where f'' jumps.
    const Tensor prediction = f64({{2.1, 4.5}, {.25, 1}, {2.5, 6}});
    testing::expect_op([delta](const Variables& x) { return huber(x[0], x[1], {.delta = delta}); },
                       {kTarget, prediction}, oracle);
  }
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
