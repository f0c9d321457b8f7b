#include "gibbs/train/confusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

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

TEST(Metrics, ALabelThatIsNoClassIsAnErrorInsteadOfAMistake) {
  const Tensor scores = Tensor::of({{1, 3}, {5, 4}});
  EXPECT_THAT(
      [&] {
        count_correct(Tensor::of({1, -1}, DType::int64), scores);
      },
      ::testing::ThrowsMessage<Error>("count_correct: row 1 has label -1, which is none of 2 classes; give the "
                                      "model a score for each class, and leave out rows that have none"));
  EXPECT_THAT(
      [&] {
        count_correct_top_k(Tensor::of({2, 0}, DType::int64), scores, 1);
      },
      ::testing::ThrowsMessage<Error>(
          "count_correct_top_k: row 0 has label 2, which is none of 2 classes; give the model a score for each "
          "class, and leave out rows that have none"));
  EXPECT_THROW(count_correct(Tensor::of({0, 1}, DType::int64), Tensor::of({{1}, {2}})), Error) << "one score for two";
}

TEST(Metrics, TheKLargestAreAtLeastOneAndAtMostAll) {
  const Tensor scores = Tensor::of({{1, 3, 2}}), labels = Tensor::of({0}, DType::int64);
  for (std::int64_t k : {-1, 0, 4}) {
    EXPECT_THAT([&] { count_correct_top_k(labels, scores, k); },
                ::testing::ThrowsMessage<Error>("count_correct_top_k: k is " + std::to_string(k) +
                                                "; it must be from 1 to the 3 classes"));
  }
}

TEST(CountCorrectRows, TakesAnyRankAndLeavesRowsOut) {
  const Tensor labels = Tensor::of({{0, 1, -1}, {2, 2, 0}}, DType::int64);
  const Tensor scores = Tensor::of({{{2, 1, 0}, {2, 1, 0}, {1, 0, 0}}, {{0, 1, 3}, {0, 1, 0}, {1, 0, 0}}});
  const CorrectRows counted = count_correct_rows(labels, scores, -1);
  EXPECT_EQ(counted.correct, 3);
  EXPECT_EQ(counted.rows, 5);
  EXPECT_THAT([&] { count_correct_rows(labels, scores); },
              ::testing::ThrowsMessage<Error>(::testing::HasSubstr("count_correct_rows: row 2 has label -1")));
  EXPECT_THAT(
      [&] {
        count_correct_rows(labels, Tensor::ones({2, 2, 3}));
      },
      ::testing::ThrowsMessage<Error>("count_correct_rows: needs labels [N, ...] and scores [N, ..., K], not "
                                      "[2, 3] and [2, 2, 3]"));
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

TEST(ConfusionMatrix, CountsNothingOfABatchThatItRefuses) {
  ConfusionMatrix confusion(2);
  EXPECT_THROW(confusion.add(Tensor::of({0, 2}, DType::int64), Tensor::of({0, 0}, DType::int64)), Error);
  EXPECT_EQ(confusion.counts().to_vector(), (std::vector<double>{0, 0, 0, 0}));
  EXPECT_TRUE(std::isnan(confusion.accuracy()));
}

TEST(ConfusionMatrix, ClassesThatAreNoneAreErrors) {
  EXPECT_THAT([] { ConfusionMatrix(0); },
              ::testing::ThrowsMessage<Error>("ConfusionMatrix: needs at least one class, received 0"));
  for (std::int64_t label : {-1, 2}) {
    EXPECT_THAT(
        [&] { ConfusionMatrix(2).class_accuracy(label); },
        ::testing::ThrowsMessage<Error>("ConfusionMatrix: there is no class " + std::to_string(label) + " of 2"));
  }
}

}  // namespace
}  // namespace gibbs::train
