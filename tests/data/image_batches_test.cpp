// What batches hold: scaling, order, the short last one, and that a batch depends on its position only.
#include "gibbs/data/image_batches.h"

#include <algorithm>
#include <cmath>

#include "numbered_pictures.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

/// The numbers of the pictures of a batch made with scale 1.
std::vector<std::int64_t> numbers_of(const Batch& batch) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < batch.rows; ++i) {
    numbers.push_back(std::lround(batch.input().at({i, 1, 1, 2})));
  }
  return numbers;
}

std::vector<std::int64_t> epoch_of(ImageBatches& maker, std::int64_t epoch) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t b = 0; b < maker.batches_per_epoch(); ++b) {
    const auto some = numbers_of(maker.make({epoch, b}));
    numbers.insert(numbers.end(), some.begin(), some.end());
  }
  return numbers;
}

TEST(ImageBatches, PixelsAreScaledAndRoundedOnce) {
  ImageBatches maker(numbered_pictures(200), {.batch_size = 200, .shuffle = false});
  const Batch batch = maker.make({});
  EXPECT_EQ(batch.input().shape(), Shape({200, 2, 2, 3}));
  for (std::int64_t i = 0; i < 200; ++i) {
    ASSERT_EQ(batch.input().at({i, 1, 0, 2}), static_cast<double>(static_cast<float>(i) / 255.0F));
    ASSERT_EQ(batch.target().at({i}), static_cast<double>(i % 5));
  }
  ImageBatches centred(numbered_pictures(200), {.batch_size = 200, .shuffle = false, .scale = 2.0 / 255, .offset = -1});
  EXPECT_EQ(centred.make({}).input().at({51, 0, 0, 0}), static_cast<double>(static_cast<float>(51 * (2.0 / 255) - 1)));
}

TEST(ImageBatches, KeepsOrDropsTheShortBatch) {
  ImageBatches keeps(numbered_pictures(10), {.batch_size = 4, .shuffle = false, .scale = 1});
  EXPECT_EQ(keeps.batches_per_epoch(), 3);
  const Batch last = keeps.make({2, 2});
  EXPECT_EQ(numbers_of(last), (std::vector<std::int64_t>{8, 9}));
  EXPECT_EQ(last.first_sample, 28);
  EXPECT_TRUE(last.last_of_epoch);
  EXPECT_EQ(keeps.after(last.position), (BatchPosition{3, 0}));
  ImageBatches drops(numbered_pictures(10), {.batch_size = 4, .shuffle = false, .drop_last = true, .scale = 1});
  EXPECT_EQ(drops.batches_per_epoch(), 2);
  EXPECT_TRUE(drops.make({0, 1}).last_of_epoch);
  EXPECT_FALSE(drops.make({0, 0}).last_of_epoch);
  EXPECT_EQ(drops.after({0, 1}), (BatchPosition{1, 0}));
}

TEST(ImageBatches, EveryEpochIsAnotherOrderOfTheWholeSubset) {
  const Subset subset(numbered_pictures(50), {40, 3, 17, 29, 5, 11, 2, 47});
  std::vector<std::int64_t> all = subset.indices;
  std::ranges::sort(all);
  ImageBatches maker(subset, {.batch_size = 3, .seed = 1, .scale = 1});
  const auto first = epoch_of(maker, 0), second = epoch_of(maker, 1);
  EXPECT_NE(first, second);
  EXPECT_EQ(epoch_of(maker, 0), first);
  for (auto epoch : {first, second}) {
    std::ranges::sort(epoch);
    EXPECT_EQ(epoch, all);
  }
  ImageBatches other(subset, {.batch_size = 3, .seed = 2, .scale = 1});
  EXPECT_NE(epoch_of(other, 0), first);
  ImageBatches in_order(subset, {.batch_size = 3, .shuffle = false, .scale = 1});
  EXPECT_EQ(epoch_of(in_order, 4), subset.indices);
}

TEST(ImageBatches, LabelsFollowTheirPictures) {
  ImageBatches maker(numbered_pictures(33), {.batch_size = 33, .scale = 1});
  const Batch batch = maker.make({});
  for (std::int64_t i = 0; i < 33; ++i) {
    EXPECT_EQ(batch.target().at({i}), static_cast<double>(numbers_of(batch)[i] % 5));
  }
}

TEST(ImageBatches, TransformsGetTheirOwnKeyPerSampleAndLeaveTheDatasetAlone) {
  std::vector<std::uint64_t> streams;
  const Transform record = [&](const Picture& picture, const RandomKey& key) {
    streams.push_back(key.stream);
    EXPECT_EQ(picture.pixels.size(), 12U);
    picture.pixels[0] = 255;
  };
  const ImageDataset dataset = numbered_pictures(6);
  ImageBatches maker(dataset, {.batch_size = 3, .scale = 1, .transforms = {record, record}});
  const Batch batch = maker.make({0, 1});
  EXPECT_EQ(batch.input().at({1, 0, 0, 0}), 255);
  EXPECT_EQ(dataset.images.at({3, 0, 0, 0}), 3);
  ASSERT_EQ(streams.size(), 6U);
  const auto seen = streams;
  std::ranges::sort(streams);
  EXPECT_EQ(std::ranges::adjacent_find(streams), streams.end());
  streams.clear();
  maker.make({0, 1});
  EXPECT_EQ(streams, seen);
  streams.clear();
  maker.make({1, 1});
  EXPECT_NE(streams, seen);
}

TEST(ImageBatches, TransformsKnowPictureAndEpoch) {
  std::vector<std::pair<std::int64_t, std::int64_t>> seen;
  const Transform record = [&](const Picture& picture, const RandomKey&) {
    EXPECT_EQ(picture.pixels[0], picture.number) << "the number in the data set, not in the subset or epoch";
    seen.emplace_back(picture.number, picture.epoch);
  };
  ImageBatches maker(Subset(numbered_pictures(50), {40, 3, 17}), {.batch_size = 3, .transforms = {record}});
  for (const std::int64_t epoch : {0, 5}) {
    seen.clear();
    maker.make({epoch, 0});
    std::ranges::sort(seen);
    EXPECT_EQ(seen, (std::vector<std::pair<std::int64_t, std::int64_t>>{{3, epoch}, {17, epoch}, {40, epoch}}));
  }
}

TEST(ImageBatches, SettingsSayWhatBecomesOfPixels) {
  const auto setting = [](const char* name, const ImageBatchOptions& options) {
    const RunSettings settings = ImageBatches(numbered_pictures(50), options).settings();
    return std::ranges::find(settings, name, &RunSettings::value_type::first)->second;
  };
  EXPECT_EQ(setting("values of pixels", {.scale = 2}), "pixel * 2 + 0");
  EXPECT_EQ(setting("values of pixels", {.scale = 2, .normalization = {.mean = {1, 2, 3}, .deviation = {4, 5, 6}}}),
            "pixel * 2 + 0, normalized by mean 1 2 3 deviation 4 5 6");
  EXPECT_EQ(setting("transforms", {}), "none");
  EXPECT_EQ(setting("transforms", {.seed = 8, .transforms = {random_crop(4), [](const Picture&, const RandomKey&) {}}}),
            "random_crop(4), own; drawn by seed 8");
}

TEST(ImageBatches, Errors) {
  const ImageDataset dataset = numbered_pictures(10);
  EXPECT_EQ(error_of([&] { ImageBatches(dataset, {.batch_size = 0}); }),
            "ImageBatches: the batch size must be at least 1, it is 0");
  EXPECT_EQ(error_of([&] { ImageBatches(dataset, {.batch_size = 11}); }),
            "ImageBatches: the batch size 11 is larger than the set of 10; use at most 10");
  EXPECT_EQ(error_of([&] { ImageBatches(Subset(dataset, {}), {}); }),
            "ImageBatches: the set is empty; give at least one sample");
  ImageBatches maker(dataset, {.batch_size = 5});
  EXPECT_EQ(error_of([&] { maker.make({1, 2}); }), "ImageBatches: no batch 2 of epoch 1; an epoch has 2 batches");
}

}  // namespace
}  // namespace gibbs::data
