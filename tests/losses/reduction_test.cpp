#include "gibbs/losses/reduction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"
#include "tests/testing/expect_op.h"

namespace gibbs::losses {
namespace {

using ::testing::ElementsAre;

const Tensor kThree = Tensor::of({1, 2, 6}, DType::float64);

TEST(Reduction, NoneSumAndMean) {
  EXPECT_THAT(reduce(kThree, {}, Reduction::none).value().to_vector(), ElementsAre(1, 2, 6));
  EXPECT_EQ(reduce(kThree, {}, Reduction::sum).value().item(), 9);
  EXPECT_EQ(reduce(kThree, {}, Reduction::mean).value().item(), 3);
}

TEST(Reduction, MeanDividesByTheSumOfTheWeights) {
  const Tensor weights = Tensor::of({2, 1, 1.5}, DType::float64);
  EXPECT_EQ(reduce(kThree, weights, Reduction::mean).value().item(), 2);
  EXPECT_EQ(reduce(kThree, weights, Reduction::sum).value().item(), 9);
}

TEST(Reduction, NothingToAverageIsZeroWithZeroGradient) {
  const Variable none = Variable::leaf(Tensor::zeros({0}, DType::float64));
  const Variable mean_of_none = reduce(none, {}, Reduction::mean);
  EXPECT_EQ(mean_of_none.value().item(), 0);
  EXPECT_EQ(grad(mean_of_none, {none})[0].shape(), Shape{0});

  const Variable rows = Variable::leaf(Tensor::zeros({2}, DType::float64));
  const Variable weightless = reduce(rows, Tensor::zeros({2}, DType::float64), Reduction::mean);
  EXPECT_EQ(weightless.value().item(), 0);
  EXPECT_THAT(grad(weightless, {rows})[0].value().to_vector(), ElementsAre(0, 0));
}

TEST(Reduction, GradientsReachRowsAndWeights) {
  const auto f = [](const Variables& in) { return reduce(in[0], in[1], Reduction::mean); };
  const std::vector<Tensor> at = {kThree, Tensor::of({2, 1, 1.5}, DType::float64)};
  const auto first = gradcheck(f, at), second = gradgradcheck(f, at);
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
}

TEST(Reduction, BitsAreNatsOverLnTwo) {
  EXPECT_DOUBLE_EQ(in_base(Tensor::of(3, DType::float64), Base::bits).value().item(), 3 / std::log(2));
  EXPECT_EQ(in_base(Tensor::of(3, DType::float64), Base::nats).value().item(), 3);
}

TEST(Reduction, EveryRowHasAWeight) {
  EXPECT_EQ(gibbs::testing::error_of([] {
              reduce(gibbs::testing::f64({1, 2, 3}), gibbs::testing::f64({1, 2}), Reduction::mean);
            }),
            "reduce: rows are [3], their weights [2]; every row has one");
}

}  // namespace
}  // namespace gibbs::losses
