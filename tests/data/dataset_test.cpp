// Index lists: what is taken and split off, that pixels are shared, and that class order is broken up exactly once.
#include "gibbs/data/dataset.h"

#include <algorithm>
#include <set>

#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

/// n pictures of one pixel, whose value is their number; the first half is class 0.
ImageDataset numbered(std::int64_t n, bool class_ordered) {
  ImageDataset dataset{.images = Tensor::arange(0, static_cast<double>(n), 1, DType::uint8).reshape({n, 1, 1, 1}),
                       .labels = Tensor::zeros({n}, DType::int64),
                       .class_names = {"a", "b"},
                       .class_ordered = class_ordered};
  for (std::int64_t i = n / 2; i < n; ++i) {
    dataset.labels.set({i}, 1);
  }
  return dataset;
}

std::vector<std::int64_t> range(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = first; i < last; ++i) {
    numbers.push_back(i);
  }
  return numbers;
}

TEST(Dataset, SplitTakesTheLastFractionAsItStands) {
  const Split split = split_validation(numbered(10, false), 0.3, 1);
  EXPECT_EQ(split.train.indices, range(0, 7));
  EXPECT_EQ(split.validation.indices, range(7, 10));
  EXPECT_TRUE(split.train.dataset.images.shares_storage_with(split.validation.dataset.images));
  EXPECT_EQ(split.validation.image(1).item(), 8);
  EXPECT_EQ(split.validation.label(1), 1);
}

TEST(Dataset, SplitOfOrderedClassesShufflesOnceAndLosesNothing) {
  const ImageDataset dataset = numbered(200, true);
  const Split split = split_validation(dataset, 0.25, 7);
  EXPECT_EQ(split.validation.size(), 50);
  std::set<std::int64_t> all(split.train.indices.begin(), split.train.indices.end());
  all.insert(split.validation.indices.begin(), split.validation.indices.end());
  EXPECT_EQ(all.size(), 200U);
  const auto second_class = std::count_if(split.validation.indices.begin(), split.validation.indices.end(),
                                          [](std::int64_t index) { return index >= 100; });
  EXPECT_NEAR(static_cast<double>(second_class), 25, 12);
  EXPECT_FALSE(split.train.class_ordered);
  EXPECT_EQ(mix_classes(split.train, 99).indices, split.train.indices);
  EXPECT_EQ(split_validation(dataset, 0.25, 7).validation.indices, split.validation.indices);
  EXPECT_NE(split_validation(dataset, 0.25, 8).validation.indices, split.validation.indices);
}

TEST(Dataset, TakeOfOrderedClassesHoldsBoth) {
  const Subset some = take(numbered(200, true), 40, 3);
  EXPECT_EQ(some.size(), 40);
  EXPECT_EQ(std::set<std::int64_t>({some.label(0), some.label(1), some.label(2), some.label(3), some.label(4),
                                    some.label(5), some.label(6), some.label(7)})
                .size(),
            2U);
  EXPECT_EQ(take(numbered(20, false), 4, 3).indices, range(0, 4));
}

TEST(Dataset, FractionZeroLeavesValidationEmpty) {
  const Split split = split_validation(numbered(10, false), 0, 1);
  EXPECT_EQ(split.train.size(), 10);
  EXPECT_EQ(split.validation.size(), 0);
}

TEST(Dataset, Errors) {
  const ImageDataset dataset = numbered(10, false);
  EXPECT_EQ(error_of([&] { split_validation(dataset, 1, 0); }),
            "split_validation: the fraction must be in [0, 1), it is 1");
  EXPECT_EQ(error_of([&] { split_validation(dataset, -0.1, 0); }),
            "split_validation: the fraction must be in [0, 1), it is -0.1");
  EXPECT_EQ(error_of([&] { split_validation(dataset, 0.01, 0); }),
            "split_validation: a fraction of 0.01 of 10 pictures leaves 10 for training and 0 for validation; both "
            "need at least one");
  EXPECT_EQ(error_of([&] { take(dataset, 11, 0); }), "take: cannot take 11 of 10 pictures; choose from 1 to 10");
  EXPECT_EQ(error_of([&] { take(dataset, 0, 0); }), "take: cannot take 0 of 10 pictures; choose from 1 to 10");
  EXPECT_EQ(error_of([&] { Subset(dataset, {3, 10}); }), "subset: index 10 is not in [0, 10)");
}

TEST(Dataset, ValidateFindsWhatIsWrong) {
  ImageDataset dataset = numbered(4, false);
  EXPECT_EQ(error_of([&] { validate(dataset, "op"); }), "");
  dataset.labels.set({2}, 2);
  EXPECT_EQ(error_of([&] { validate(dataset, "op"); }),
            "op: label 2 of image 2 is not in [0, 2), the number of class names");
  dataset.labels = Tensor::zeros({3}, DType::int64);
  EXPECT_EQ(error_of([&] { validate(dataset, "op"); }), "op: 4 images but 3 labels");
  dataset.images = Tensor::zeros({3, 1, 1, 1});
  EXPECT_EQ(error_of([&] { validate(dataset, "op"); }),
            "op: images must be uint8 [N, H, W, C], not float32 [3, 1, 1, 1]");
  EXPECT_EQ(error_of([&] { validate({}, "op"); }), "op: the dataset has no images or no labels");
}

}  // namespace
}  // namespace gibbs::data
