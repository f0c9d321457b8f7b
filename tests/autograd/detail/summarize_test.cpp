#include "gibbs/autograd/detail/summarize.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gibbs {
namespace {

TEST(InFewWords, FewNumbersAreWrittenOut) {
  EXPECT_EQ(summarize(Tensor::of(3.14159)), "3.142");
  EXPECT_EQ(summarize(Tensor::of({{1, 2}, {3, 4}})), "[[1, 2], [3, 4]]");
  EXPECT_EQ(summarize(Tensor::of({NAN, -INFINITY})), "[nan, -inf]");
  EXPECT_EQ(summarize(Tensor::zeros({0, 2})), "[]");
}

TEST(InFewWords, ManyAreDescribed) {
  EXPECT_EQ(summarize(Tensor::of({1, 2, 3, 4, 10})), "mean 4, from 1 to 10");
  EXPECT_EQ(summarize(Tensor::of({1, 2, 3, 4, 10}), 5), "[1, 2, 3, 4, 10]");
  EXPECT_EQ(summarize(Tensor::of({1, 2}), 1), "mean 1.5, from 1 to 2");
  EXPECT_EQ(summarize(Tensor::zeros({100})), "all 0");
  EXPECT_EQ(summarize(Tensor::of({1, NAN, 3, INFINITY, 5})), "2 of 5 not finite");
}

TEST(InFewWords, StatisticsOfNumbersAndOfNone) {
  const Statistics some(Tensor::of({3, -4}));
  EXPECT_EQ(some.mean, -0.5);
  EXPECT_EQ(some.rms, std::sqrt(12.5));
  EXPECT_EQ(some.least, -4);
  EXPECT_EQ(some.most, 3);
  const Statistics none(Tensor::zeros({0}));
  EXPECT_EQ(none.mean, 0);
  EXPECT_EQ(none.rms, 0);
}

}  // namespace
}  // namespace gibbs
