// Resizing, against weights written down by hand and a naive float64 oracle.
#include "gibbs/data/resize.h"

#include <cmath>
#include <cstdlib>

#include "gibbs/tensor/random.h"
#include "tests/data/temporary_folder.h"
#include "tests/testing/little_memory.h"

namespace gibbs::data {
namespace {

/// The definition, pixel by pixel: a mean of all source pixels weighted by a triangle around the output's centre.
double naive(const Tensor& x, const ImageSize& size, std::int64_t row, std::int64_t column, std::int64_t channel) {
  const auto weight = [](std::int64_t in, std::int64_t out, std::int64_t o, std::int64_t i) {
    const double scale = static_cast<double>(in) / static_cast<double>(out);
    const double distance = std::abs((static_cast<double>(o) + 0.5) * scale - (static_cast<double>(i) + 0.5));
    return std::max(0.0, 1 - distance / std::max(1.0, scale));
  };
  double sum = 0, total = 0;
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    for (std::int64_t j = 0; j < x.size(1); ++j) {
      const double w = weight(x.size(0), size.height, row, i) * weight(x.size(1), size.width, column, j);
      sum += w * x.at({i, j, channel});
      total += w;
    }
  }
  return sum / total;
}

class ResizeTo : public ::testing::TestWithParam<ImageSize> {};

TEST_P(ResizeTo, AgreesWithTheDefinition) {
  const Tensor numbers = kernels::random_integers({.seed = 5}, {9, 14, 3}, 0, 256);
  Tensor x = Tensor::uninitialized({9, 14, 3}, DType::uint8);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    x.mutable_data<std::uint8_t>()[i] = static_cast<std::uint8_t>(numbers.data<std::int64_t>()[i]);
  }
  const ImageSize size = GetParam();
  const Tensor y = resize(x, size);
  ASSERT_EQ(y.shape(), Shape({size.height, size.width, 3}));
  for (std::int64_t i = 0; i < size.height; ++i) {
    for (std::int64_t j = 0; j < size.width; ++j) {
      for (std::int64_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(y.at({i, j, c}), naive(x, size, i, j, c), 0.501) << i << ", " << j << ", " << c;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ResizeTo,
                         ::testing::Values(ImageSize{9, 14}, ImageSize{32, 32}, ImageSize{4, 7}, ImageSize{1, 1},
                                           ImageSize{9, 3}, ImageSize{2, 40}, ImageSize{8, 13}));

TEST(Resize, OnePixelGrowsToAFlatPicture) {
  const Tensor y = resize(Tensor::of({{{10, 20, 30}}}, DType::uint8), {3, 2});
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t j = 0; j < 2; ++j) {
      EXPECT_EQ(y[i][j].to_vector(), (std::vector<double>{10, 20, 30}));
    }
  }
}

TEST(Resize, DoublingTakesQuartersAndHalvingWeighsOneThreeThreeOne) {
  EXPECT_EQ(resize(Tensor::of({{{0}, {100}}}, DType::uint8), {1, 4}).to_vector(),
            (std::vector<double>{0, 25, 75, 100}));
  // Second output: (1 * 10 + 3 * 30 + 3 * 50 + 1 * 90) / 8 = 42.5, rounded up.
  EXPECT_EQ(resize(Tensor::of({{{0}, {10}, {30}, {50}, {90}, {90}}}, DType::uint8), {1, 3}).at({0, 1, 0}), 43);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which need more address space than this leaves
TEST(Resize, ALongPictureTakesLittleMemory) {
  for (const auto& [height, width] : {std::pair(4'000'000, 1), std::pair(1, 4'000'000)}) {
    const Tensor line = Tensor::full({height, width, 3}, 200, DType::uint8);
    const auto resize_with_little_memory = [&] {
      gibbs::testing::allow_more_memory(256 << 20);
      const Tensor small = resize(line, {32, 32});
      std::_Exit(small.at({0, 0, 0}) == 200 && small.at({31, 31, 2}) == 200 ? 3 : 1);
    };
    EXPECT_EXIT(resize_with_little_memory(), ::testing::ExitedWithCode(3), "") << height << "x" << width;
  }
}

TEST(Resize, LackOfMemoryIsAnErrorWithTheSize) {
  const auto resize_with_little_memory = [] {
    gibbs::testing::allow_more_memory(64 << 20);
    const Tensor dot = Tensor::full({1, 1, 3}, 200, DType::uint8);
    std::fprintf(stderr, "%s; ", error_of([&] { resize(dot, {30'000, 30'000}); }).c_str());
    std::fprintf(stderr, "%s.", error_of([&] { resize(dot, {4'000, 4'000}); }).c_str());
    std::_Exit(2);
  };
  EXPECT_EXIT(resize_with_little_memory(), ::testing::ExitedWithCode(2),
              "resize: no memory for uint8 .30000, 30000, 3.; resize: no memory to make 4000x4000 of 1x1 pixels.");
}
#endif

TEST(Resize, Errors) {
  EXPECT_EQ(error_of([] {
              resize(Tensor::zeros({4, 4, 3}, DType::uint8), {0, 4});
            }),
            "resize: the size must be at least 1x1, not 0x4");
  EXPECT_EQ(error_of([] {
              resize(Tensor::zeros({4, 4}, DType::uint8), {2, 2});
            }),
            "resize: needs a uint8 picture [H, W, C], not uint8 [4, 4]");
}

}  // namespace
}  // namespace gibbs::data
