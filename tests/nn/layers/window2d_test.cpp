// Sizes and padding: the options' spellings, and Keras' rule for `same` against a search for the smallest padding.
#include "gibbs/nn/layers/window2d.h"

#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

std::vector<std::int64_t> sides(const kernels::Pads& pads) { return {pads.top, pads.bottom, pads.left, pads.right}; }

TEST(Window2d, OneNumberStandsForBothAxesAndForAllSides) {
  const Window2d window{.size = 3, .stride = {2, 1}, .padding = 1};
  EXPECT_EQ(window.size, Size2d(3, 3));
  EXPECT_EQ(to_string(window.stride), "2x1");
  EXPECT_EQ(sides(window.padding.pads()), (std::vector<std::int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(window.dilation, Size2d(1, 1));
}

TEST(Window2d, PaddingSaysWhatItIs) {
  EXPECT_EQ(to_string(Padding::valid), "valid");
  EXPECT_EQ(to_string(Padding::same), "same");
  EXPECT_EQ(to_string(Padding(0)), "valid");
  EXPECT_EQ(to_string(Padding(2)), "2");
  EXPECT_EQ(to_string(Padding(1, 2, 3, 4)), "(1, 2, 3, 4)");
}

TEST(Window2d, SameGivesCeilOutputsWithTheLeastPaddingAndTheLargerHalfAtTheEnd) {
  for (std::int64_t size = 1; size <= 12; ++size) {
    for (std::int64_t kernel = 1; kernel <= 5; ++kernel) {
      for (std::int64_t stride = 1; stride <= 4; ++stride) {
        for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
          // The smallest total with which the last of ceil(size / stride) windows lies inside.
          const std::int64_t outputs = (size + stride - 1) / stride;
          std::int64_t total = 0;
          while ((outputs - 1) * stride + (kernel - 1) * dilation >= size + total) {
            ++total;
          }
          const Window2d window{kernel, {stride, 1}, Padding::same, {dilation, 1}};
          const kernels::Pads pads = pads_of("Layer", window, {2, size, 5, 3});
          ASSERT_EQ(pads.top + pads.bottom, total) << size << ' ' << kernel << ' ' << stride << ' ' << dilation;
          ASSERT_EQ(pads.bottom - pads.top, total % 2);
          ASSERT_EQ(pads.left + pads.right, kernel - 1);
        }
      }
    }
  }
}

TEST(Window2d, SameOfTheFirstConvolutionOfAResNetPadsTwoBeforeAndThreeAfter) {
  EXPECT_EQ(sides(pads_of("Layer", {7, 2, Padding::same}, {1, 224, 224, 3})), (std::vector<std::int64_t>{2, 3, 2, 3}));
}

TEST(Window2d, GivenPaddingStaysWhatItIs) {
  EXPECT_EQ(sides(pads_of("Layer", {3, 1, {0, 1, 2, 3}}, {1, 5, 5, 2}, 2)), (std::vector<std::int64_t>{0, 1, 2, 3}));
}

TEST(Window2d, ErrorsNameLayerExpectationAndWhatWasReceived) {
  EXPECT_EQ(error_of([] {
              pads_of("Conv2d", {3}, {8, 16, 16, 3}, 32);
            }),
            "Conv2d: the model itself expects [N, H, W, 32], received [8, 16, 16, 3]");
  EXPECT_EQ(error_of([] {
              pads_of("MaxPool2d", {2}, {8, 16});
            }),
            "MaxPool2d: the model itself expects [N, H, W, C], received [8, 16]");
  EXPECT_EQ(
      error_of([] {
        pads_of("Conv2d", {3, 1, 1, 2}, {8, 2, 16, 3});
      }),
      "Conv2d: the model itself needs images of at least 5x5 after padding, received [8, 2, 16, 3] padded to 4x18");
  EXPECT_EQ(
      error_of([] {
        pads_of("Conv2d", {3, 1, Padding::same}, {8, 0, 16, 3});
      }),
      "Conv2d: the model itself needs images of at least 3x3 after padding, received [8, 0, 16, 3] padded to 2x18");
}

TEST(Window2d, OptionsAreChecked) {
  EXPECT_EQ(error_of([] { check_window("Conv2d", {.size = {3, 0}}); }), "Conv2d: the window must be positive, not 3x0");
  EXPECT_EQ(error_of([] { check_window("Conv2d", {.size = 3, .stride = 0}); }),
            "Conv2d: the stride must be positive, not 0x0");
  EXPECT_EQ(error_of([] {
              check_window("Conv2d", {.size = 3, .dilation = {1, -1}});
            }),
            "Conv2d: the dilation must be positive, not 1x-1");
  EXPECT_EQ(error_of([] {
              check_window("Conv2d", {.size = 3, .padding = {0, 0, -1, 0}});
            }),
            "Conv2d: padding must not be negative, it is (0, 0, -1, 0)");
}

}  // namespace
}  // namespace gibbs::nn
