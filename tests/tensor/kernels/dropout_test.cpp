// Dropout against the definition, element by element, and its promises: any split of a batch draws the same mask, on
// any number of threads.
#include "gibbs/tensor/kernels/dropout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/tensor/parallel.h"

namespace gibbs {
namespace {

constexpr RandomKey kMaskKey{.seed = 42, .stream = 7};

TEST(Dropout, KeepsWhatTheStreamSaysAndScalesIt) {
  const Tensor x = kernels::uniform({.seed = 1}, {3, 1111}, 1, 2);
  const double rate = 0.3;
  const Tensor y = kernels::dropout(x, rate, kMaskKey, 5);
  std::vector<std::uint32_t> words(static_cast<std::size_t>(x.numel()));
  random_words(kMaskKey, 5, words);
  std::int64_t dropped = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const bool keep = static_cast<double>(words[static_cast<std::size_t>(i)]) >= rate * 0x1p32;
    const float expected = keep ? x.data<float>()[i] * static_cast<float>(1 / 0.7) : 0.0F;
    ASSERT_EQ(y.data<float>()[i], expected) << i;
    dropped += !keep;
  }
  // Five standard deviations of a binomial.
  EXPECT_NEAR(static_cast<double>(dropped), 0.3 * 3333, 5 * std::sqrt(3333 * 0.3 * 0.7));
}

TEST(Dropout, ASplitBatchDrawsTheMaskOfTheWhole) {
  const Tensor x = Tensor::ones({10, 33}, DType::float64);
  const Tensor whole = kernels::dropout(x, 0.5, kMaskKey, 0);
  const Tensor tail = kernels::dropout(x.rows(7, 10), 0.5, kMaskKey, 7 * 33);
  EXPECT_EQ(whole.rows(7, 10).to_vector(), tail.to_vector());
}

TEST(Dropout, TheSameBitsOnAnyNumberOfThreads) {
  const Tensor x = kernels::uniform({.seed = 1}, {100'003}, 1, 2);
  const int before = num_threads();
  set_num_threads(1);
  const auto expected = kernels::dropout(x, 0.5, kMaskKey).to_vector();
  for (int threads : {2, 3}) {
    set_num_threads(threads);
    EXPECT_EQ(kernels::dropout(x, 0.5, kMaskKey).to_vector(), expected) << threads << " threads";
  }
  set_num_threads(before);
}

TEST(Dropout, RateZeroIsTheIdentityAndWrongRatesAreErrors) {
  const Tensor x = kernels::uniform({.seed = 1}, {50});
  EXPECT_EQ(kernels::dropout(x, 0, kMaskKey).to_vector(), x.to_vector());
  EXPECT_THAT([&] { kernels::dropout(x, 1, kMaskKey); },
              ::testing::ThrowsMessage<Error>("dropout: the rate must be in [0, 1), it is 1"));
}

}  // namespace
}  // namespace gibbs
