#include "gibbs/losses/mean_squared_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"

namespace gibbs::losses {
namespace {

using testing::ElementsAre;
using testing::StrEq;

const Tensor kTarget = Tensor::of({{1, 2}, {0, -1}, {3, 3}}, DType::float64);
const Tensor kPrediction = Tensor::of({{2, 4}, {0, 1}, {3, 6}}, DType::float64);

TEST(MeanSquaredError, RowsAreMeansAndMeanIsOverAllElements) {
  const auto with = [](Reduction reduction) {
    return mean_squared_error(kTarget, kPrediction, {.reduction = reduction}).value().to_vector();
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
  const Variable x = Variable::leaf(kPrediction);
  const double sixth = 2.0 / 6;
  EXPECT_THAT(grad(mean_squared_error(kTarget, x), {x})[0].value().to_vector(),
              testing::Pointwise(testing::DoubleEq(), {sixth, 2 * sixth, 0.0, 2 * sixth, 0.0, 3 * sixth}));
}

TEST(MeanSquaredError, DerivativesOfBothArguments) {
  const auto f = [](const Variables& in) { return mean_squared_error(in[0], in[1]); };
  const auto first = gradcheck(f, {kTarget, kPrediction}), second = gradgradcheck(f, {kTarget, kPrediction});
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
}

TEST(MeanSquaredError, NothingBroadcasts) {
  const auto with = [](const Tensor& target, const Tensor& prediction) {
    return [=] { mean_squared_error(target, prediction); };
  };
  EXPECT_THAT(with(Tensor::zeros({3}), Tensor::zeros({3, 1})),
              testing::ThrowsMessage<Error>(StrEq("mean_squared_error: the target is [3], the prediction [3, 1]; they "
                                                  "must be equal, reshape one")));
  EXPECT_THAT(with(Tensor::zeros({3}), Tensor::zeros({3}, DType::float64)),
              testing::ThrowsMessage<Error>(StrEq("mean_squared_error: dtypes differ: the target is float32, the "
                                                  "prediction float64; convert one with cast")));
  EXPECT_THAT(with(Tensor::zeros({3}, DType::int64), Tensor::zeros({3}, DType::int64)),
              testing::ThrowsMessage<Error>(StrEq("mean_squared_error: the prediction must be float32 or float64, not "
                                                  "int64")));
  EXPECT_THAT(with(Tensor::zeros({0, 3}), Tensor::zeros({0, 3})),
              testing::ThrowsMessage<Error>(StrEq("mean_squared_error: needs at least one row and one element, not "
                                                  "shape [0, 3]")));
}

}  // namespace
}  // namespace gibbs::losses
