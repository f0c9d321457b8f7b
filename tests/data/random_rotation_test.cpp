// Rotation against a naive loop: every output pixel is a weighted sum over all pixels of the picture, each of which
// reaches one pixel far.
#include <cmath>
#include <numbers>

#include "picture_of.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

/// Counter-clockwise by `angle` radians: the output at (y, x) is where the turn takes the source. Long double.
long double naive(const TestPicture& picture, long double angle, Border border, std::int64_t y, std::int64_t x,
                  std::int64_t c) {
  const long double middle_y = (picture.height - 1) / 2.0L, middle_x = (picture.width - 1) / 2.0L;
  // The turn as complex numbers, whose imaginary axis points up; backwards, to find the source.
  const long double right = x - middle_x, up = middle_y - y;
  const long double source_right = right * std::cos(angle) + up * std::sin(angle);
  const long double source_up = up * std::cos(angle) - right * std::sin(angle);
  const long double source_y = middle_y - source_up, source_x = middle_x + source_right;
  long double sum = 0;
  const std::int64_t far = border == Border::zero ? 0 : 40;  // the picture, and its mirror images around it
  for (std::int64_t i = -far; i < picture.height + far; ++i) {
    for (std::int64_t j = -far; j < picture.width + far; ++j) {
      const long double weight =
          std::max(0.0L, 1 - std::abs(source_y - i)) * std::max(0.0L, 1 - std::abs(source_x - j));
      if (weight > 0) {
        const auto mirrored = [](std::int64_t place, std::int64_t size) {
          while (place < 0 || place >= size) {
            place = place < 0 ? -place : 2 * (size - 1) - place;
          }
          return place;
        };
        sum += weight * picture.at(mirrored(i, picture.height), mirrored(j, picture.width), c);
      }
    }
  }
  return sum;
}

TEST(RandomRotation, TurnsCounterClockwiseAboutTheMiddle) {
  for (const auto& [height, width, channels] : {std::tuple(9, 9, 3), std::tuple(6, 11, 1), std::tuple(3, 16, 2)}) {
    const TestPicture before = random_picture(height, width, channels, 1);
    for (const Border border : {Border::zero, Border::reflect}) {
      for (std::uint64_t i = 0; i < 6; ++i) {
        const RandomKey key{.seed = 2, .stream = i};
        const TestPicture after = transformed(random_rotation(100, border), before, key);
        const long double angle = 100 * (2 * random_uniform(key, 0) - 1) * std::numbers::pi_v<long double> / 180;
        for (std::int64_t y = 0; y < height; ++y) {
          for (std::int64_t x = 0; x < width; ++x) {
            for (std::int64_t c = 0; c < channels; ++c) {
              ASSERT_NEAR(after.at(y, x, c), static_cast<double>(naive(before, angle, border, y, x, c)), 0.5 + 1e-9);
            }
          }
        }
      }
    }
  }
}

TEST(RandomRotation, ByNothingIsNothing) {
  const TestPicture before = random_picture(5, 8, 3, 3);
  EXPECT_EQ(transformed(random_rotation(0), before, {.seed = 4}).pixels, before.pixels);
  TestPicture dot = random_picture(1, 1, 3, 3);
  EXPECT_EQ(transformed(random_rotation(180, Border::reflect), dot, {.seed = 4}).pixels, dot.pixels);
}

TEST(RandomRotation, Description) {
  EXPECT_EQ(random_rotation(15).description, "random_rotation(15)");
  EXPECT_EQ(random_rotation(7.5, Border::reflect).description, "random_rotation(7.5, reflect)");
}

TEST(RandomRotation, Errors) {
  EXPECT_EQ(error_of([] { random_rotation(-1); }), "random_rotation: degrees must be in [0, 180], it is -1");
  EXPECT_EQ(error_of([] { random_rotation(std::nan("")); }), "random_rotation: degrees must be in [0, 180], it is nan");
}

}  // namespace
}  // namespace gibbs::data
