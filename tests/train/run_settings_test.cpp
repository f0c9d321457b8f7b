// What a run depends on, and how differences are told.
#include "gibbs/train/run_settings.h"

#include <gmock/gmock.h>

#include "gibbs/data/drawn.h"
#include "gibbs/data/image_batches.h"
#include "gibbs/nn/fusion.h"
#include "gibbs/tensor/kernels/gemm_options.h"
#include "gibbs/tensor/parallel.h"
#include "tests/testing/expect_op.h"

namespace gibbs::train {
namespace {

using gibbs::testing::error_of;
using ::testing::ElementsAre;

/// Ten pictures of each of two classes.
data::ImageDataset any_pictures() {
  Tensor labels = Tensor::zeros({20}, DType::int64);
  Tensor images = kernels::cast(kernels::random_integers({.seed = 1}, {20, 4, 4, 3}, 0, 256), DType::uint8);
  for (std::int64_t i = 10; i < 20; ++i) {
    labels.set({i}, 1);
  }
  return {.images = images, .labels = labels, .class_names = {"cat", "dog"}, .class_ordered = true};
}

/// What two sets are, as fit describes them.
RunSettings describe_data(const data::Subset& train, const data::Subset& validation) {
  RunSettings all = prefixed("training ", data::ImageBatches(train, {.batch_size = 1}).digest());
  const RunSettings more = prefixed("validation ", data::ImageBatches(validation, {.batch_size = 1}).digest());
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// How the data described differ from `any_pictures()`, the last five of which are for validation.
std::string changes(const data::ImageDataset& set, std::vector<std::int64_t> order = {}) {
  const auto describe = [](const data::ImageDataset& s, const std::vector<std::int64_t>& indices) {
    const data::Subset all(s, indices);
    return describe_data(data::Subset(s, {indices.begin(), indices.end() - 5}),
                         data::Subset(s, {indices.end() - 5, indices.end()}));
  };
  const std::vector<std::int64_t> as_they_are = data::Subset(any_pictures()).indices;
  return differences(describe(any_pictures(), as_they_are), describe(set, order.empty() ? as_they_are : order));
}

TEST(DescribeData, SameDataInOtherMemoryAreTheSame) { EXPECT_EQ(changes(any_pictures()), ""); }

TEST(DescribeData, OneReplacedPixelIsFound) {
  data::ImageDataset set = any_pictures();
  set.images.set({3, 1, 2, 0}, static_cast<double>(set.images.at<std::uint8_t>({3, 1, 2, 0}) ^ 1));
  EXPECT_EQ(changes(set), "training images changed");
  set = any_pictures();
  set.images.set({19, 3, 3, 2}, static_cast<double>(set.images.at<std::uint8_t>({19, 3, 3, 2}) ^ 128));
  EXPECT_EQ(changes(set), "validation images changed");
}

TEST(DescribeData, ARenamedClassIsFound) {
  data::ImageDataset set = any_pictures();
  set.class_names = {"cat", "d\xFFg"};
  EXPECT_EQ(
      changes(set),
      "training class 1 is dog in the checkpoint and d\\xffg here, validation class 1 is dog in the checkpoint and "
      "d\\xffg here");
  set.class_names = {"cat", "dog", "cow"};
  EXPECT_EQ(
      changes(set),
      "training class 2 is not set in the checkpoint and cow here, validation class 2 is not set in the checkpoint and "
      "cow here");
}

TEST(DescribeData, APictureMovedToAnotherClassIsFound) {
  data::ImageDataset set = any_pictures();
  set.labels.set({3}, 1);
  EXPECT_EQ(changes(set), "training images' classes changed");
  // Two pictures that exchange their classes: the counts of the classes stay.
  set.labels.set({12}, 0);
  EXPECT_EQ(changes(set), "training images' classes changed");
  set = any_pictures();
  set.labels.set({17}, 0);
  EXPECT_EQ(changes(set), "validation images' classes changed");
}

TEST(DescribeData, AnotherOrderIsFound) {
  std::vector<std::int64_t> order = data::Subset(any_pictures()).indices;
  std::swap(order[2], order[7]);
  EXPECT_EQ(changes(any_pictures(), order), "training images' order changed");
  std::swap(order[2], order[7]);
  std::swap(order[18], order[19]);
  EXPECT_EQ(changes(any_pictures(), order), "validation images' order changed");
  std::swap(order[0], order[19]);
  EXPECT_EQ(changes(any_pictures(), order), "training images changed, validation images changed");
}

TEST(DescribeData, AnotherShapeOfTheSameBytesIsFound) {
  data::ImageDataset set = any_pictures();
  set.images = set.images.reshape({20, 2, 8, 3});
  EXPECT_EQ(
      changes(set),
      "training size of images is [4, 4, 3] in the checkpoint and [2, 8, 3] here, validation size of images is [4, 4, "
      "3] in the checkpoint and [2, 8, 3] here");
}

TEST(DescribeData, DoesNotDependOnThreads) {
  const int before = num_threads();
  const data::ImageDataset set = data::drawn_images(2000, 1);
  set_num_threads(1);
  data::ImageBatches batches(set, {});
  const RunSettings one = batches.digest();
  set_num_threads(3);
  EXPECT_EQ(batches.digest(), one);
  set_num_threads(before);
}

TEST(DescribeData, RefusesWhatIsNoData) {
  data::ImageDataset set = any_pictures();
  data::Subset subset(set);
  subset.indices[4] = 20;
  EXPECT_EQ(error_of([&] { data::ImageBatches(subset, {.batch_size = 1}); }),
            "ImageBatches: index 20 is not in [0, 20)");
  set.labels.set({0}, 2);
  EXPECT_EQ(error_of([&] { data::ImageBatches(set, {.batch_size = 1}); }),
            "ImageBatches: label 2 of image 0 is not in [0, 2), the number of class names");
}

TEST(DescribeArithmetic, TellsWhatDecidesAboutTheLastBits) {
  const bool before = nn::fusion_enabled();
  nn::set_fusion(true);
  const RunSettings fused = describe_arithmetic();
  nn::set_fusion(false);
  EXPECT_EQ(differences(fused, describe_arithmetic()), "fusion of layers is on in the checkpoint and off here");
  nn::set_fusion(before);
  std::vector<std::string> names;
  for (const auto& [name, value] : fused) {
    names.push_back(name);
    EXPECT_FALSE(value.empty()) << name;
  }
  EXPECT_THAT(names, ElementsAre("matrix products", "BLAS core", "instruction set", "fusion of layers"));
}

TEST(DescribeArithmetic, TheCoreOfOpenBlasCountsWhereItIsUsed) {
  const RunSettings automatic = describe_arithmetic();
  kernels::set_gemm(kernels::Gemm::own);
  const RunSettings own = describe_arithmetic();
  kernels::set_gemm(kernels::Gemm::automatic);
  EXPECT_EQ(own[0].second, "the library's own");
  EXPECT_EQ(own[1].second, "not used");
  if (automatic[0].second == "the library's own or OpenBLAS', by shape") {
    EXPECT_EQ(differences(automatic, own),
              "matrix products is the library's own or OpenBLAS', by shape in the checkpoint and the library's own "
              "here, BLAS core is " +
                  kernels::blas_core_name() + " in the checkpoint and not used here");
  }
}

TEST(Differences, AreToldInTheOrderOfTheRunAndCut) {
  EXPECT_EQ(differences({{"a", "1"}, {"b", "2"}}, {{"b", "2"}, {"a", "1"}}), "");
  EXPECT_EQ(differences({{"a", "1"}, {"c", "3"}}, {{"b", "2"}, {"a", "4"}}),
            "b is not set in the checkpoint and 2 here, a is 1 in the checkpoint and 4 here, c is 3 in the checkpoint "
            "and not set here");
  RunSettings saved, here;
  for (int i = 0; i < 12; ++i) {
    saved.emplace_back("x" + std::to_string(i), "a");
    here.emplace_back("x" + std::to_string(i), "b");
  }
  EXPECT_THAT(differences(saved, here), ::testing::EndsWith("x9 is a in the checkpoint and b here and 2 more"));
}

}  // namespace
}  // namespace gibbs::train
