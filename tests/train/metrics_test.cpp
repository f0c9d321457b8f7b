#include "gibbs/train/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace gibbs::train {
namespace {

TEST(Metrics, CountsRowsWhoseLargestScoreStandsAtTheLabel) {
  const Tensor scores = Tensor::of({{1, 3, 2}, {5, 5, 1}, {0, 1, 2}, {9, 8, 7}});
  EXPECT_EQ(count_correct(Tensor::of({1, 0, 0, 0}, DType::int64), scores), 3);  // of equal scores the first counts
  EXPECT_EQ(count_correct(Tensor::of({0, 1, 0, 1}, DType::int64), scores), 0);
}

TEST(Metrics, CountsRowsWhoseLabelIsAmongTheKLargest) {
  const Tensor scores = Tensor::of({{1, 3, 2}, {5, 4, 1}, {0, 1, 2}});
  const Tensor labels = Tensor::of({2, 2, 1}, DType::int64);
  EXPECT_EQ(count_correct_top_k(labels, scores, 1), 0);
  EXPECT_EQ(count_correct_top_k(labels, scores, 2), 2);
  EXPECT_EQ(count_correct_top_k(labels, scores, 3), 3);
}

TEST(Metrics, ShapesThatDoNotFitAreErrors) {
  EXPECT_THAT(
      [] {
        count_correct(Tensor::of({1, 2}, DType::int64), Tensor::zeros({3, 2}));
      },
      ::testing::ThrowsMessage<Error>("count_correct: needs labels [N] and scores [N, K], not [2] and [3, 2]"));
}

TEST(RunningMean, WeighsEveryBatchByItsRows) {
  RunningMean mean;
  EXPECT_EQ(mean.value(), 0);
  mean.add(1, 3);
  mean.add(5, 1);
  EXPECT_DOUBLE_EQ(mean.value(), 2);
  RunningMean again;
  again.restore(mean.sum(), mean.rows());
  EXPECT_EQ(again.value(), mean.value());
}

TEST(ConfusionMatrix, CountsLabelsAgainstPredictions) {
  ConfusionMatrix confusion(3);
  confusion.add(Tensor::of({0, 0, 1, 1}, DType::int64), Tensor::of({0, 1, 1, 1}, DType::int64));
  confusion.add(Tensor::of({0}, DType::int64), Tensor::of({0}, DType::int64));
  EXPECT_EQ(confusion.counts().to_vector(), (std::vector<double>{2, 1, 0, 0, 2, 0, 0, 0, 0}));
  EXPECT_DOUBLE_EQ(confusion.accuracy(), 0.8);
  EXPECT_DOUBLE_EQ(confusion.class_accuracy(0), 2.0 / 3);
  EXPECT_DOUBLE_EQ(confusion.class_accuracy(1), 1);
  EXPECT_TRUE(std::isnan(confusion.class_accuracy(2)));
  EXPECT_THAT([&] { confusion.add(Tensor::of({3}, DType::int64), Tensor::of({0}, DType::int64)); },
              ::testing::ThrowsMessage<Error>("ConfusionMatrix: label 3 predicted as 0 with 3 classes"));
}

}  // namespace
}  // namespace gibbs::train
