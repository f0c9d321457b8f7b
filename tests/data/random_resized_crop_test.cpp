// Resized crops: each is one of all pieces, resized, with areas and aspects as asked for; and the middle when none
// fits.
#include <cmath>
#include <map>

#include "gibbs/data/detail/resized_crop.h"
#include "gibbs/data/resize.h"
#include "picture_of.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

/// A piece, copied pixel by pixel and resized.
std::vector<double> naive(const TestPicture& from, std::int64_t top, std::int64_t left, const ImageSize& piece,
                          const ImageSize& size) {
  Tensor copy = Tensor::zeros({piece.height, piece.width, from.channels}, DType::uint8);
  for (std::int64_t y = 0; y < piece.height; ++y) {
    for (std::int64_t x = 0; x < piece.width; ++x) {
      for (std::int64_t c = 0; c < from.channels; ++c) {
        copy.set({y, x, c}, from.at(top + y, left + x, c));
      }
    }
  }
  return resize(copy, size).to_vector();
}

struct Piece {
  std::int64_t top, left;
  ImageSize size;
};

/// All pieces of a picture by what they become.
std::map<std::vector<double>, Piece> all_pieces(const TestPicture& from, const ImageSize& size) {
  std::map<std::vector<double>, Piece> pieces;
  for (std::int64_t h = 1; h <= from.height; ++h) {
    for (std::int64_t w = 1; w <= from.width; ++w) {
      for (std::int64_t top = 0; top + h <= from.height; ++top) {
        for (std::int64_t left = 0; left + w <= from.width; ++left) {
          pieces[naive(from, top, left, {h, w}, size)] = {top, left, {h, w}};
        }
      }
    }
  }
  return pieces;
}

std::vector<double> cropped(const TestPicture& from, const ResizedCropOptions& options, const RandomKey& key,
                            const ImageSize& size) {
  std::vector<std::uint8_t> to(static_cast<std::size_t>(size.height * size.width * from.channels));
  resized_crop({from.pixels.data(), {from.height, from.width}, from.channels, from.width * from.channels}, options, key,
               size, to.data());
  return {to.begin(), to.end()};
}

TEST(RandomResizedCrop, TakesPiecesOfTheAreasAndAspectsAskedForEverywhere) {
  const TestPicture picture = random_picture(8, 10, 2, 1);
  const ImageSize size{5, 4};
  const auto pieces = all_pieces(picture, size);
  const ResizedCropOptions options{.least_area = 0.2, .most_area = 0.6, .least_aspect = 0.5, .most_aspect = 1.5};
  std::map<std::int64_t, int> tops, lefts;
  double areas = 0;
  constexpr int kDraws = 3000;
  for (int i = 0; i < kDraws; ++i) {
    const auto found =
        pieces.find(cropped(picture, options, {.seed = 2, .stream = static_cast<std::uint64_t>(i)}, size));
    ASSERT_NE(found, pieces.end());
    const Piece& piece = found->second;
    const double w = static_cast<double>(piece.size.width), h = static_cast<double>(piece.size.height);
    // Sides are rounded: half a pixel more or less.
    EXPECT_GE((w + 0.5) * (h + 0.5), 0.2 * 80);
    EXPECT_LE((w - 0.5) * (h - 0.5), 0.6 * 80);
    EXPECT_GE((w + 0.5) / (h - 0.5), 0.5);
    EXPECT_LE((w - 0.5) / (h + 0.5), 1.5);
    areas += w * h / 80 / kDraws;
    ++tops[piece.top];
    ++lefts[piece.left];
  }
  EXPECT_NEAR(areas, 0.4, 0.02);
  EXPECT_EQ(tops.size(), 6U);   // of pieces 3 rows high and more
  EXPECT_GE(lefts.size(), 7U);  // and 3 columns wide and more
}

TEST(RandomResizedCrop, TheMiddleWhenNoDrawFits) {
  const ResizedCropOptions whole{.least_area = 1, .most_area = 1};
  const TestPicture wide = random_picture(6, 20, 3, 4), high = random_picture(20, 5, 3, 4),
                    square = random_picture(9, 9, 3, 4);
  EXPECT_EQ(cropped(wide, whole, {.seed = 5}, {4, 4}), naive(wide, 0, 6, {6, 8}, {4, 4}));
  EXPECT_EQ(cropped(high, whole, {.seed = 5}, {4, 4}), naive(high, 6, 0, {7, 5}, {4, 4}));
  const ResizedCropOptions only_square{.least_area = 1, .most_area = 1, .least_aspect = 1, .most_aspect = 1};
  EXPECT_EQ(cropped(square, only_square, {.seed = 5}, {4, 4}), naive(square, 0, 0, {9, 9}, {4, 4}));
  const TestPicture dot = random_picture(1, 1, 3, 4);
  EXPECT_EQ(cropped(dot, {.least_area = 1e-9}, {.seed = 5}, {2, 2}), naive(dot, 0, 0, {1, 1}, {2, 2}));
}

TEST(RandomResizedCrop, ATransformKeepsTheSize) {
  const TestPicture picture = random_picture(8, 10, 3, 6);
  const RandomKey key{.seed = 7};
  const TestPicture after = transformed(random_resized_crop({.least_area = 0.1, .most_area = 0.3}), picture, key);
  EXPECT_EQ((std::vector<double>(after.pixels.begin(), after.pixels.end())),
            cropped(picture, {.least_area = 0.1, .most_area = 0.3}, key, {8, 10}));
  EXPECT_NE(after.pixels, picture.pixels);
  EXPECT_EQ(random_resized_crop({.least_aspect = 0.75, .most_aspect = 1.5}).description,
            "random_resized_crop(area 0.08 to 1, aspect 0.75 to 1.5)");
}

TEST(RandomResizedCrop, Errors) {
  EXPECT_EQ(error_of([] { random_resized_crop({.least_area = 0}); }),
            "random_resized_crop: areas must be in (0, 1], the least first, not 0 and 1");
  EXPECT_EQ(error_of([] { random_resized_crop({.least_area = 0.5, .most_area = 0.25}); }),
            "random_resized_crop: areas must be in (0, 1], the least first, not 0.5 and 0.25");
  EXPECT_EQ(error_of([] { random_resized_crop({.least_area = std::nan("")}); }),
            "random_resized_crop: areas must be in (0, 1], the least first, not nan and 1");
  EXPECT_EQ(error_of([] { random_resized_crop({.least_aspect = 2, .most_aspect = 1}); }),
            "random_resized_crop: aspects must be above 0 and finite, the least first, not 2 and 1");
}

}  // namespace
}  // namespace gibbs::data
