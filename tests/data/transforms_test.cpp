// Augmentation: flips and shifts against naive loops, and that the key alone decides.
#include "gibbs/data/transforms.h"

#include <numeric>
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

Pixels applied(const Transform& transform, const RandomKey& key) {
  const Pixels before = numbered();
  std::vector<std::uint8_t> pixels(before.begin(), before.end());
  transform({pixels, kHeight, kWidth, kChannels}, key);
  return {pixels.begin(), pixels.end()};
}

/// numbered() moved down by dy and right by dx, or mirrored; zero where nothing moves in.
Pixels naive(std::int64_t dy, std::int64_t dx, bool mirrored) {
  const Pixels from = numbered();
  Pixels to(from.size(), 0);
  for (std::int64_t y = 0; y < kHeight; ++y) {
    for (std::int64_t x = 0; x < kWidth; ++x) {
      const std::int64_t source_y = y - dy, source_x = mirrored ? kWidth - 1 - x : x - dx;
      if (source_y >= 0 && source_y < kHeight && source_x >= 0 && source_x < kWidth) {
        for (std::int64_t c = 0; c < kChannels; ++c) {
          to[(y * kWidth + x) * kChannels + c] = from[(source_y * kWidth + source_x) * kChannels + c];
        }
      }
    }
  }
  return to;
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

TEST(Transforms, CropIsEveryShiftUpToThePaddingAndNoOther) {
  const std::int64_t padding = 6;  // more than the picture is high and wide
  std::set<Pixels> expected, seen;
  for (std::int64_t dy = -padding; dy <= padding; ++dy) {
    for (std::int64_t dx = -padding; dx <= padding; ++dx) {
      expected.insert(naive(dy, dx, false));
    }
  }
  for (std::uint64_t i = 0; i < 3000; ++i) {
    seen.insert(applied(random_crop(padding), {.seed = 2, .stream = i}));
  }
  EXPECT_EQ(seen, expected);
}

TEST(Transforms, TheKeyDecides) {
  const RandomKey key{.seed = 3, .stream = 4};
  EXPECT_EQ(applied(random_crop(2), key), applied(random_crop(2), key));
  EXPECT_EQ(applied(random_crop(0), key), numbered());
}

TEST(Transforms, Errors) {
  EXPECT_EQ(error_of([] { random_horizontal_flip(1.5); }), "random_horizontal_flip: p must be in [0, 1], it is 1.5");
  EXPECT_EQ(error_of([] { random_crop(-1); }), "random_crop: the padding must not be negative, it is -1");
}

}  // namespace
}  // namespace gibbs::data
