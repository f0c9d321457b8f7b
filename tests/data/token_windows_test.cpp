// Windows of a text: what is asked at every place, and where the windows of an epoch begin.
#include "gibbs/data/token_windows.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/testing/error_of.h"

namespace gibbs::data {
namespace {

using gibbs::testing::error_of;

TEST(TokenWindows, TargetsAreWhatComesNext) {
  const Tensor tokens = Tensor::arange(0, 30, 1, DType::int64);
  TokenWindows in_order(tokens, {.length = 7, .batch_size = 3, .shuffle = false});
  EXPECT_EQ(in_order.samples(), 4) << "28 places are asked about; one token more follows";
  const Batch batch = in_order.make({.epoch = 0, .batch = 1});
  EXPECT_EQ(batch.rows, 1);
  EXPECT_EQ(batch.input().to_vector(), (std::vector<double>{21, 22, 23, 24, 25, 26, 27}));
  EXPECT_EQ(batch.target().to_vector(), (std::vector<double>{22, 23, 24, 25, 26, 27, 28}));
}

TEST(TokenWindows, AShuffledEpochHasEveryWindowOnceAndBeginsElsewhere) {
  const Tensor tokens = Tensor::arange(0, 33, 1, DType::int64);  // four windows of 7 leave 4 tokens over
  TokenWindows shuffled(tokens, {.length = 7, .batch_size = 4, .seed = 3});
  std::set<double> offsets;
  for (std::int64_t epoch = 0; epoch < 40; ++epoch) {
    const Batch batch = shuffled.make({.epoch = epoch, .batch = 0});
    std::set<double> firsts;
    for (std::int64_t i = 0; i < 4; ++i) {
      firsts.insert(batch.input().at({i, 0}));
      EXPECT_EQ(batch.target().at({i, 6}), batch.input().at({i, 0}) + 7);
    }
    const double offset = *firsts.begin();
    EXPECT_EQ(firsts, (std::set<double>{offset, offset + 7, offset + 14, offset + 21}));
    offsets.insert(offset);
  }
  EXPECT_EQ(offsets, (std::set<double>{0, 1, 2, 3, 4}));
}

TEST(TokenWindows, Errors) {
  const Tensor tokens = Tensor::arange(0, 8, 1, DType::int64);
  EXPECT_EQ(error_of([&] { TokenWindows(tokens, {.length = 0}); }),
            "TokenWindows: the length of a window must be at least 1, it is 0");
  EXPECT_EQ(error_of([&] { TokenWindows(tokens, {.length = 8}); }),
            "TokenWindows: a window of 8 tokens and the one after them need 9 tokens; there are 8");
  EXPECT_EQ(error_of([] { TokenWindows(Tensor::ones({8}), {.length = 2}); }),
            "TokenWindows: tokens must be int64 [N], received float32 [8]");
}

}  // namespace
}  // namespace gibbs::data
