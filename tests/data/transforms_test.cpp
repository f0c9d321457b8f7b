// Augmentation: flips, shifts and cutout against naive loops, and that the key alone decides.
#include "gibbs/data/transforms.h"

#include <numeric>
#include <optional>
#include <set>
#include <vector>

#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

constexpr std::int64_t kHeight = 4, kWidth = 5, kChannels = 2;
using Pixels = std::vector<int>;

Pixels numbered() {
  Pixels pixels(kHeight * kWidth * kChannels);
  std::iota(pixels.begin(), pixels.end(), 1);
  return pixels;
}

Pixels applied(const Transform& transform, const RandomKey& key, std::int64_t number = 0, std::int64_t epoch = 0) {
  const Pixels before = numbered();
  std::vector<std::uint8_t> pixels(before.begin(), before.end());
  transform(
      {.pixels = pixels, .height = kHeight, .width = kWidth, .channels = kChannels, .number = number, .epoch = epoch},
      key);
  return {pixels.begin(), pixels.end()};
}

/// Where a place of the padded axis 0 .. size - 1 comes from: nowhere beyond black edges; reflected places go to and
/// fro.
std::optional<std::int64_t> source_of(std::int64_t place, std::int64_t size, Border border) {
  if (border == Border::zero) {
    return place >= 0 && place < size ? std::optional(place) : std::nullopt;
  }
  const std::int64_t period = 2 * size - 2, within = ((place % period) + period) % period;
  return within < size ? within : period - within;
}

/// numbered() moved down by dy and right by dx, or mirrored.
Pixels naive(std::int64_t dy, std::int64_t dx, bool mirrored, Border border = Border::zero) {
  const Pixels from = numbered();
  Pixels to(from.size(), 0);
  for (std::int64_t y = 0; y < kHeight; ++y) {
    for (std::int64_t x = 0; x < kWidth; ++x) {
      const auto source_y = source_of(y - dy, kHeight, border);
      const auto source_x = mirrored ? kWidth - 1 - x : source_of(x - dx, kWidth, border);
      for (std::int64_t c = 0; c < kChannels && source_y && source_x; ++c) {
        to[(y * kWidth + x) * kChannels + c] = from[(*source_y * kWidth + *source_x) * kChannels + c];
      }
    }
  }
  return to;
}

/// numbered() with a square of this side around (y, x) lost: rows y - size / 2 .. y - size / 2 + size - 1.
Pixels naive_cutout(std::int64_t y, std::int64_t x, std::int64_t size, const std::vector<int>& fill) {
  Pixels pixels = numbered();
  for (std::int64_t i = 0; i < std::ssize(pixels); ++i) {
    const std::int64_t down = i / kChannels / kWidth - (y - size / 2), across = i / kChannels % kWidth - (x - size / 2);
    if (down >= 0 && down < size && across >= 0 && across < size) {
      pixels[i] = fill[i % kChannels];
    }
  }
  return pixels;
}

std::set<Pixels> everything_that(const Transform& transform, int draws) {
  std::set<Pixels> seen;
  for (int i = 0; i < draws; ++i) {
    seen.insert(applied(transform, {.seed = 2, .stream = static_cast<std::uint64_t>(i)}));
  }
  return seen;
}

TEST(Transforms, FlipMirrorsRowsWithItsProbability) {
  EXPECT_EQ(applied(random_horizontal_flip(1), {.seed = 1}), naive(0, 0, true));
  EXPECT_EQ(applied(random_horizontal_flip(0), {.seed = 1}), numbered());
  int flipped = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    flipped += applied(random_horizontal_flip(0.3), {.seed = 1, .stream = i}) != numbered() ? 1 : 0;
  }
  EXPECT_NEAR(flipped, 300, 60);
}

TEST(Transforms, AlternatingFlipShowsEveryPictureBothWaysInTwoEpochs) {
  const Transform flip = alternating_flip(7);
  const auto flipped = [&](const Transform& transform, std::int64_t number, std::int64_t epoch, std::uint64_t key = 0) {
    const Pixels pixels = applied(transform, {.seed = key}, number, epoch);
    EXPECT_TRUE(pixels == numbered() || pixels == naive(0, 0, true));
    return pixels == naive(0, 0, true);
  };
  int at_first = 0, others = 0;
  for (std::int64_t number = 0; number < 1000; ++number) {
    const bool first = flipped(flip, number, 0);
    at_first += first ? 1 : 0;
    others += first != flipped(alternating_flip(8), number, 0) ? 1 : 0;
    EXPECT_EQ(flipped(flip, number, 1), !first);
    EXPECT_EQ(flipped(flip, number, 2), first);
    EXPECT_EQ(flipped(flip, number, 0, 99), first) << "where the picture comes in the epoch does not matter";
  }
  EXPECT_NEAR(at_first, 500, 60);
  EXPECT_NEAR(others, 500, 60);
}

TEST(Transforms, CropIsEveryShiftUpToThePaddingAndNoOther) {
  for (const auto& [padding, border] : {std::pair(6, Border::zero), std::pair(9, Border::reflect)}) {
    std::set<Pixels> expected;
    for (std::int64_t dy = -padding; dy <= padding; ++dy) {
      for (std::int64_t dx = -padding; dx <= padding; ++dx) {
        expected.insert(naive(dy, dx, false, border));
      }
    }
    EXPECT_EQ(everything_that(random_crop(padding, border), 6000), expected);
  }
}

TEST(Transforms, CutoutIsAnywhereAndEndsAtTheEdge) {
  for (const std::int64_t size : {1, 2, 3, 9}) {
    std::set<Pixels> black, filled;
    for (std::int64_t y = 0; y < kHeight; ++y) {
      for (std::int64_t x = 0; x < kWidth; ++x) {
        black.insert(naive_cutout(y, x, size, {0, 0}));
        filled.insert(naive_cutout(y, x, size, {250, 251}));
      }
    }
    EXPECT_EQ(everything_that(cutout({.size = size}), 500), black);
    EXPECT_EQ(everything_that(cutout({.size = size, .fill = {250, 251}}), 500), filled);
  }
}

TEST(Transforms, TheKeyDecides) {
  const RandomKey key{.seed = 3, .stream = 4};
  for (const Transform& transform : {random_crop(2), random_crop(2, Border::reflect), cutout({.size = 2})}) {
    EXPECT_EQ(applied(transform, key), applied(transform, key));
  }
  EXPECT_EQ(applied(random_crop(0), key), numbered());
}

TEST(Transforms, DescriptionsSayWhatARunGoesOnWith) {
  EXPECT_EQ(random_horizontal_flip().description, "random_horizontal_flip(0.5)");
  EXPECT_EQ(alternating_flip(3).description, "alternating_flip(seed 3)");
  EXPECT_EQ(random_crop(4).description, "random_crop(4)");
  EXPECT_EQ(random_crop(4, Border::reflect).description, "random_crop(4, reflect)");
  EXPECT_EQ(cutout({.size = 8, .fill = {1, 2, 3}}).description, "cutout(size 8, fill [1, 2, 3])");
  EXPECT_EQ(Transform([](const Picture&, const RandomKey&) {}).description, "own");
}

TEST(Transforms, Errors) {
  EXPECT_EQ(error_of([] { random_horizontal_flip(1.5); }), "random_horizontal_flip: p must be in [0, 1], it is 1.5");
  EXPECT_EQ(error_of([] { random_horizontal_flip(std::nan("")); }),
            "random_horizontal_flip: p must be in [0, 1], it is nan");
  EXPECT_EQ(error_of([] { random_crop(-1); }), "random_crop: the padding must not be negative, it is -1");
  EXPECT_EQ(error_of([] { random_crop(std::int64_t{1} << 40); }),
            "random_crop: the padding must be at most 2147483648, it is 1099511627776");
  EXPECT_EQ(error_of([] { cutout({.size = 0}); }), "cutout: the size must be at least 1, it is 0");
  EXPECT_EQ(error_of([] {
              applied(cutout({.size = 2, .fill = {1, 2, 3}}), {});
            }),
            "cutout: fill has 3 numbers and the picture 2 channels; give one for every channel");
}

}  // namespace
}  // namespace gibbs::data
