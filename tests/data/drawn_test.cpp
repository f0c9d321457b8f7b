// The drawn set: a pure function of (seed, index), balanced, different from picture to picture, and blind to colour.
#include "gibbs/data/drawn.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gibbs/data/detail/shapes.h"
#include "gibbs/tensor/parallel.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

bool same_pixels(const Tensor& a, const Tensor& b) {
  return std::ranges::equal(a.values<std::uint8_t>(), b.values<std::uint8_t>());
}

TEST(Drawn, EachPictureDependsOnSeedAndNumberOnly) {
  set_num_threads(1);
  const ImageDataset all = drawn_images(100, 7);
  for (int threads : {2, 3}) {
    set_num_threads(threads);
    EXPECT_TRUE(same_pixels(drawn_images(100, 7).images, all.images));
  }
  const ImageDataset tail = drawn_images(30, 7, 70);
  EXPECT_TRUE(same_pixels(tail.images, all.images.rows(70, 100)));
  EXPECT_EQ(tail.labels.to_vector(), all.labels.rows(70, 100).to_vector());
  EXPECT_FALSE(same_pixels(drawn_images(1, 8).images, all.images.rows(0, 1)));
  EXPECT_FALSE(same_pixels(all.images[0], all.images[10]));
}

TEST(Drawn, TenBalancedClasses) {
  const ImageDataset dataset = drawn_images(40, 0);
  EXPECT_EQ(dataset.images.shape(), Shape({40, 32, 32, 3}));
  EXPECT_EQ(dataset.class_names, (std::vector<std::string>{"disc", "ring", "square", "triangle", "cross", "star",
                                                           "stripes", "checker", "dots", "spiral"}));
  EXPECT_FALSE(dataset.class_ordered);
  for (std::int64_t i = 0; i < 40; ++i) {
    EXPECT_EQ(dataset.labels.at({i}), static_cast<double>(i % 10));
  }
}

TEST(Drawn, MeanColoursDoNotTellTheClasses) {
  const ImageDataset dataset = drawn_images(5000, 1);
  double sums[10][3] = {};
  const std::uint8_t* pixels = dataset.images.data<std::uint8_t>();
  for (std::int64_t i = 0; i < dataset.images.numel(); ++i) {
    sums[i / 3072 % 10][i % 3] += pixels[i];
  }
  for (const auto& sum : sums) {
    for (double channel : sum) {
      EXPECT_NEAR(channel / (500 * 1024), 127.5, 15);  // the mean of 500 pictures; one picture deviates by about 65
    }
  }
}

TEST(Drawn, Errors) {
  EXPECT_EQ(error_of([] { drawn_images(0, 1); }),
            "drawn_images: needs at least 1 picture from number 0 on, not 0 from 0");
  EXPECT_EQ(error_of([] { drawn_images(5, 1, -2); }),
            "drawn_images: needs at least 1 picture from number 0 on, not 5 from -2");
}

TEST(Shapes, EdgesLieWhereGeometrySaysAndDistancesAreInPixels) {
  const auto shapes = shape_classes();
  const auto distance = [&](std::size_t shape, Point p) { return shapes[shape].distance(p, 10); };
  EXPECT_NEAR(distance(0, {3, 4}), 5 - 8.5, 1e-12);
  EXPECT_NEAR(distance(1, {0, 7.5}), -1.9, 1e-12);
  EXPECT_NEAR(distance(2, {9.8, 0}), 2, 1e-12);
  EXPECT_NEAR(distance(3, {0, 0}), -5.5, 1e-12);
  EXPECT_NEAR(distance(4, {9, 0}), -1, 1e-12);
  EXPECT_GT(distance(4, {5, 5}), 2);
  for (int k = 0; k < 10; ++k) {  // the outline of a star: tips and notches in turn
    const double radius = k % 2 == 0 ? 10 : 4.2;
    const double angle = k * std::numbers::pi / 5;
    EXPECT_NEAR(distance(5, {radius * std::cos(angle), radius * std::sin(angle)}), 0, 1e-9) << k;
  }
  EXPECT_LT(distance(5, {0, 0}), -3);
  EXPECT_NEAR(distance(6, {1.75, 3}), 0, 1e-12);
  EXPECT_LT(distance(7, {1, 1}) * distance(7, {6, 1}), 0);
  EXPECT_NEAR(distance(8, {8.5, -17}), -0.26 * 8.5, 1e-12);
  EXPECT_NEAR(distance(9, {14, 0}), -0.24 * 7, 1e-12);
}

}  // namespace
}  // namespace gibbs::data
