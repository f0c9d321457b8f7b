// Normalization: measured against a naive double loop, kept as text, and the same numbers wherever pixels become some.
#include "gibbs/data/normalization.h"

#include <cmath>
#include <limits>

#include "gibbs/data/drawn.h"
#include "gibbs/data/image_batches.h"
#include "gibbs/tensor/parallel.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

/// Mean and deviation of one channel, pixel by pixel.
std::pair<long double, long double> naive(const Subset& set, std::int64_t channel) {
  long double sum = 0, squares = 0, count = 0;
  const auto each = [&](const auto& visit) {
    for (std::int64_t i = 0; i < set.size(); ++i) {
      const Tensor picture = set.image(i);
      for (std::int64_t y = 0; y < picture.size(0); ++y) {
        for (std::int64_t x = 0; x < picture.size(1); ++x) {
          visit(picture.at({y, x, channel}) / 255.0L);
        }
      }
    }
  };
  each([&](long double v) { sum += v, count += 1; });
  each([&](long double v) { squares += (v - sum / count) * (v - sum / count); });
  return {sum / count, std::sqrt(squares / count)};
}

TEST(Normalization, MeasuresMeanAndDeviationOfEveryChannel) {
  const Subset set(drawn_images(40, 1), {3, 17, 5, 5, 39, 20});
  const Normalization found = measure_normalization(set);
  ASSERT_EQ(found.mean.size(), 3U);
  for (std::int64_t c = 0; c < 3; ++c) {
    const auto [mean, deviation] = naive(set, c);
    EXPECT_NEAR(found.mean[c], static_cast<double>(mean), 1e-15);
    EXPECT_NEAR(found.deviation[c], static_cast<double>(deviation), 1e-15);
  }
}

TEST(Normalization, SameBitsOnAnyNumberOfThreadsAndInAnyOrder) {
  const ImageDataset set = drawn_images(300, 1);
  Subset backwards(set);
  std::reverse(backwards.indices.begin(), backwards.indices.end());
  set_num_threads(1);
  const Normalization expected = measure_normalization(set);
  set_num_threads(3);
  EXPECT_EQ(measure_normalization(set), expected);
  EXPECT_EQ(measure_normalization(backwards), expected);
}

TEST(Normalization, BatchesAndSinglePicturesBecomeTheSameNumbers) {
  const ImageDataset set = drawn_images(20, 2);
  const Normalization by = measure_normalization(set);
  ImageBatches batches(set, {.batch_size = 20, .shuffle = false, .normalization = by});
  const Tensor values = batches.make({}).input();
  EXPECT_EQ(normalized(set.images, by).to_vector(), values.to_vector());
  for (std::int64_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (std::int64_t i = c; i < values.numel(); i += 3) {
      const double pixel = set.images.reshape({values.numel()}).at({i});
      const double value = values.reshape({values.numel()}).at({i});
      ASSERT_EQ(value, static_cast<double>(static_cast<float>((pixel * (1.0 / 255) - by.mean[c]) / by.deviation[c])));
      sum += value;
      squares += value * value;
    }
    const double count = static_cast<double>(values.numel()) / 3;
    EXPECT_NEAR(sum / count, 0, 1e-5);
    EXPECT_NEAR(squares / count, 1, 1e-5);
  }
  EXPECT_EQ(normalized(set.images).to_vector(),
            ImageBatches(set, {.batch_size = 20, .shuffle = false}).make({}).input().to_vector());
}

TEST(Normalization, OtherChannelsThanThree) {
  const Tensor pixels = Tensor::of({{0, 255}, {51, 102}}, DType::uint8);
  const Normalization by{.mean = {0, 0.5}, .deviation = {1, 0.25}};
  EXPECT_EQ(normalized(pixels, by).to_vector(),
            (std::vector<double>{0, 2, static_cast<double>(51 / 255.0F),
                                 static_cast<double>(static_cast<float>((102 * (1.0 / 255) - 0.5) / 0.25))}));
  EXPECT_EQ(normalized(Tensor::zeros({2, 0}, DType::uint8)).shape(), Shape({2, 0}));
}

TEST(Normalization, TextGivesTheSameNumbersAgain) {
  const Normalization by = measure_normalization(drawn_images(20, 3));
  EXPECT_EQ(parse_normalization(to_string(by), "x"), by);
  EXPECT_EQ(to_string({.mean = {0.5, 0.25}, .deviation = {1, 2}}), "mean 0.5 0.25 deviation 1 2");
  EXPECT_EQ(to_string(Normalization()), "none");
  EXPECT_EQ(parse_normalization("none", "x"), Normalization());
}

TEST(Normalization, TextOfOthersIsChecked) {
  const auto error_for = [](const std::string& text) { return error_of([&] { parse_normalization(text, "x"); }); };
  const auto refusal = [](const std::string& text) {
    return "x: the normalization must be 'mean M ... deviation D ...' with a number each for every channel, or 'none', "
           "it is '" +
           text + "'";
  };
  for (const char* text :
       {"", "mean", "mean deviation", "mean 1 deviation", "mean 1 2 deviation 3", "mean a deviation 1",
        "mean 1 deviation 1 ", " mean 1 deviation 1", "deviation 1 mean 1", "mean 1  deviation 1"}) {
    EXPECT_EQ(error_for(text), refusal(text));
  }
  EXPECT_EQ(error_for("mean\n1"), refusal("mean\\x0a1"));
  EXPECT_EQ(error_for(std::string(100'000, 'a')), refusal(std::string(57, 'a') + "..."));
  EXPECT_EQ(
      error_for("mean 0.5 deviation 0"),
      "x: channel 0 is to be normalized by mean 0.5 and deviation 0; both must be finite, and the deviation above "
      "0");
  EXPECT_EQ(
      error_for("mean nan 0 deviation 1 1"),
      "x: channel 0 is to be normalized by mean nan and deviation 1; both must be finite, and the deviation above "
      "0");
}

TEST(Normalization, MeanPixel) {
  EXPECT_EQ(mean_pixel({.mean = {0.4914, -1, 2}, .deviation = {1, 1, 1}}), (std::vector<std::uint8_t>{125, 0, 255}));
  EXPECT_EQ(mean_pixel({}), std::vector<std::uint8_t>());
}

TEST(Normalization, Errors) {
  ImageDataset set = drawn_images(10, 1);
  const auto batches = [&](const ImageBatchOptions& options) { return error_of([&] { ImageBatches(set, options); }); };
  EXPECT_EQ(batches({.batch_size = 1, .normalization = {.mean = {0, 0}, .deviation = {1, 1, 1}}}),
            "ImageBatches: the normalization has 2 means and 3 deviations for pictures of 3 channels; give one of each "
            "for every channel");
  EXPECT_EQ(batches({.batch_size = 1, .normalization = {.mean = {0, 0, 0}, .deviation = {1, -1, 1}}}),
            "ImageBatches: channel 1 is to be normalized by mean 0 and deviation -1; both must be finite, and the "
            "deviation above 0");
  EXPECT_EQ(batches({.batch_size = 1, .normalization = {.mean = {0, 0, 0}, .deviation = {1, 1e-200, 1}}}),
            "ImageBatches: pixel 1 of channel 1 would become 3.92157e+197, more than a float32 holds; give a "
            "smaller scale or a larger deviation");
  EXPECT_EQ(batches({.batch_size = 1, .scale = std::numeric_limits<double>::infinity()}),
            "ImageBatches: scale and offset must be finite, they are inf and 0");
  EXPECT_EQ(error_of([&] { measure_normalization(Subset(set, {})); }),
            "measure_normalization: the set is empty; give at least one picture");
  set.images.fill(7);
  EXPECT_EQ(error_of([&] { measure_normalization(set); }),
            "measure_normalization: all pixels of channel 0 are 7, so that there is no deviation to divide by; leave "
            "the channel out, or give mean and deviation yourself");
  EXPECT_EQ(error_of([] {
              normalized(Tensor::zeros({2, 3}));
            }),
            "normalized: needs uint8 pixels [..., C], not float32 [2, 3]");
}

}  // namespace
}  // namespace gibbs::data
