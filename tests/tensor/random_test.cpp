// Random streams: Random123 is the oracle of the bits; the rest is checked against the distributions' moments.
#include "gibbs/tensor/random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs {
namespace {

using ::testing::ThrowsMessage;

constexpr RandomKey kKey{.seed = 0x299F31D0A4093822U, .stream = 0x0370734413198A2EU};

struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
  explicit Moments(const std::vector<double>& values) {
    const auto n = static_cast<double>(values.size());
    for (double v : values) {
      mean += v / n;
    }
    for (double v : values) {
      variance += (v - mean) * (v - mean) / n;
    }
    for (double v : values) {
      const double z = (v - mean) / std::sqrt(variance);
      skewness += z * z * z / n;
      kurtosis += z * z * z * z / n;
    }
  }
};

TEST(Random, PhiloxGivesItsPublishedVectors) {  // Random123, tests/kat_vectors, philox4x32 10
  EXPECT_EQ(random_bits({0, 0}, 0), 0xE169C58D6627E8D5U);
  EXPECT_EQ(random_bits({0, 0}, 1), 0x9B00DBD8BC57AC4CU);
}

TEST(Random, BitsAreThoseOfRandom123) {
  const auto half = [](std::uint64_t v, int shift) { return static_cast<std::uint32_t>(v >> shift); };
  for (std::uint64_t block : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{1} << 40, ~std::uint64_t{0} / 2}) {
    const auto words =
        r123::Philox4x32{}({{half(block, 0), half(block, 32), half(kKey.stream, 0), half(kKey.stream, 32)}},
                           {{half(kKey.seed, 0), half(kKey.seed, 32)}});
    EXPECT_EQ(random_bits(kKey, 2 * block), words[0] | std::uint64_t{words[1]} << 32);
    EXPECT_EQ(random_bits(kKey, 2 * block + 1), words[2] | std::uint64_t{words[3]} << 32);
    // A float32 takes the upper 24 bits of a word, a float64 the upper 53 of two.
    const Tensor floats = kernels::uniform(kKey, {4}, 0, 1, DType::float32, block * 4);
    for (int k = 0; block < std::uint64_t{1} << 60 && k < 4; ++k) {
      EXPECT_EQ(floats.at({k}), (words[static_cast<std::size_t>(k)] >> 8) * 0x1p-24);
    }
    EXPECT_EQ(random_uniform(kKey, 2 * block), static_cast<double>(random_bits(kKey, 2 * block) >> 11) * 0x1p-53);
    EXPECT_EQ(kernels::uniform(kKey, {1}, 0, 1, DType::float64, 2 * block).item(), random_uniform(kKey, 2 * block));
  }
}

TEST(Random, AStreamCanStartAnywhere) {
  for (DType dtype : {DType::float32, DType::float64}) {
    const auto uniform = kernels::uniform(kKey, {40}, -1, 2, dtype).to_vector();
    const auto normal = kernels::normal(kKey, {40}, 1, 2, dtype).to_vector();
    const auto coins = kernels::bernoulli(kKey, {40}, 0.5, 2, dtype).to_vector();
    for (std::uint64_t first : {1, 2, 3, 5, 17}) {
      const auto expect_tail = [&](const std::vector<double>& all, const Tensor& part) {
        EXPECT_EQ(part.to_vector(), std::vector(all.begin() + static_cast<long>(first), all.end()));
      };
      const Shape rest{40 - static_cast<std::int64_t>(first)};
      expect_tail(uniform, kernels::uniform(kKey, rest, -1, 2, dtype, first));
      expect_tail(normal, kernels::normal(kKey, rest, 1, 2, dtype, first));
      expect_tail(coins, kernels::bernoulli(kKey, rest, 0.5, 2, dtype, first));
    }
  }
  const auto integers = kernels::random_integers(kKey, {10}, 0, 1000).to_vector();
  EXPECT_EQ(kernels::random_integers(kKey, {7}, 0, 1000, 3).to_vector(),
            std::vector(integers.begin() + 3, integers.end()));
}

TEST(Random, TheSameBitsOnAnyNumberOfThreads) {
  const int before = num_threads();
  const auto draw = [](int threads) {
    set_num_threads(threads);
    return std::vector{kernels::uniform(kKey, {50'001}, 0, 1, DType::float32, 3).to_vector(),
                       kernels::normal(kKey, {50'001}).to_vector(),
                       kernels::random_integers(kKey, {50'001}, -5, 5).to_vector()};
  };
  const auto one = draw(1);
  EXPECT_EQ(draw(2), one);
  EXPECT_EQ(draw(3), one);
  set_num_threads(before);
}

// Bounds are five standard errors of n draws.
TEST(Random, UniformHasItsMomentsAndBounds) {
  for (DType dtype : {DType::float32, DType::float64}) {
    const auto values = kernels::uniform(kKey, {200'000}, -1, 3, dtype).to_vector();
    const Moments moments(values);
    EXPECT_NEAR(moments.mean, 1, 0.013);
    EXPECT_NEAR(moments.variance, 16.0 / 12, 0.014);
    EXPECT_NEAR(moments.kurtosis, 1.8, 0.02);
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    EXPECT_GE(*least, -1);
    EXPECT_LT(*most, 3);
  }
  EXPECT_EQ(kernels::uniform(kKey, {3}, 2, 2).to_vector(), (std::vector<double>{2, 2, 2}));
}

TEST(Random, UniformNeverReachesItsUpperEnd) {  // where rounding would take it there
  const double high = std::nextafter(1.0F, 2.0F);
  const auto values = kernels::uniform(kKey, {1000}, 1, high).to_vector();
  EXPECT_TRUE(std::all_of(values.begin(), values.end(), [](double v) { return v == 1; }));
}

TEST(Random, NormalHasItsMoments) {
  for (DType dtype : {DType::float32, DType::float64}) {
    const auto values = kernels::normal(kKey, {200'000}, 3, 2, dtype).to_vector();
    const Moments moments(values);
    EXPECT_NEAR(moments.mean, 3, 0.023);
    EXPECT_NEAR(moments.variance, 4, 0.064);
    EXPECT_NEAR(moments.skewness, 0, 0.028);
    EXPECT_NEAR(moments.kurtosis, 3, 0.055);
    EXPECT_TRUE(std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }));
    double product = 0;  // the two of a Box-Muller pair are independent
    for (std::size_t i = 0; i < values.size(); i += 2) {
      product += (values[i] - 3) * (values[i + 1] - 3) / 4;
    }
    EXPECT_NEAR(product / 100'000, 0, 0.016);
  }
}

TEST(Random, BernoulliHasItsRate) {
  const auto values = kernels::bernoulli(kKey, {100'000}, 0.8, 1.25).to_vector();
  const auto ones = std::count(values.begin(), values.end(), 1.25);
  EXPECT_EQ(ones + std::count(values.begin(), values.end(), 0.0), 100'000);
  EXPECT_NEAR(static_cast<double>(ones) / 100'000, 0.8, 0.0064);
  EXPECT_THAT(kernels::bernoulli(kKey, {1000}, 1).to_vector(), ::testing::Each(1));
  EXPECT_THAT(kernels::bernoulli(kKey, {1000}, 0).to_vector(), ::testing::Each(0));
}

TEST(Random, RareEventsAreDrawnFromFiftyThreeBits) {
  // Float32's 24 bits cannot tell 2^-30 from 2^-24. Both dtypes take the same decisions, from the same bits.
  for (const double p : {0x1p-17, 1 - 0x1p-17}) {
    const Tensor single = kernels::bernoulli(kKey, {4'000'000}, p, 2),
                 wide = kernels::bernoulli(kKey, {4'000'000}, p, 2, DType::float64);
    EXPECT_EQ(single.to_vector(), wide.to_vector());
    const double rare = kernels::sum(kernels::equal(single, p < 0.5 ? 2 : 0)).item();
    EXPECT_NEAR(rare, 4'000'000 * 0x1p-17, 5 * std::sqrt(4'000'000 * 0x1p-17));
  }
  const Tensor common = kernels::bernoulli(kKey, {1000}, 0x1p-4), words = kernels::uniform(kKey, {1000});
  EXPECT_EQ(common.to_vector(), kernels::cast(kernels::less(words, 0x1p-4), DType::float32).to_vector());
}

TEST(Random, UniformBetweenAnyTwoNumbers) {
  for (const auto& [dtype, far] : {std::pair(DType::float32, 3.4e38), std::pair(DType::float64, 1.79e308)}) {
    std::vector<double> values = kernels::uniform(kKey, {10'000}, -far, far, dtype).to_vector();
    std::sort(values.begin(), values.end());
    EXPECT_GE(values.front(), -far * (1 + 1e-7));
    EXPECT_LT(values.front(), -0.999 * far);
    EXPECT_LT(values.back(), far);
    EXPECT_GT(values.back(), 0.999 * far);
    EXPECT_NEAR(values[5000] / far, 0, 0.05);
    EXPECT_GT(std::unique(values.begin(), values.end()) - values.begin(), 9'900);
  }
}

TEST(Random, IntegersCoverTheirRangeEvenly) {
  std::vector<int> counts(7);
  for (double v : kernels::random_integers(kKey, {70'000}, -3, 4).to_vector()) {
    ++counts.at(static_cast<std::size_t>(v + 3));
  }
  EXPECT_THAT(counts, ::testing::Each(::testing::AllOf(::testing::Gt(9'540), ::testing::Lt(10'460))));
  constexpr auto low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
  const Tensor wide = kernels::random_integers(kKey, {1000}, low, high);
  const auto values = wide.values<std::int64_t>();
  EXPECT_NEAR(static_cast<double>(std::count_if(values.begin(), values.end(), [](auto v) { return v < 0; })), 500, 80);
}

TEST(Random, APermutationIsOneAndUniform) {
  std::vector<double> sorted = kernels::permutation(kKey, 1000).to_vector();
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, Tensor::arange(0, 1000).to_vector());
  std::map<std::vector<double>, int> counts;
  for (std::uint64_t trial = 0; trial < 24'000; ++trial) {
    ++counts[kernels::permutation(kKey.derive(trial), 4).to_vector()];
  }
  EXPECT_EQ(counts.size(), 24U);
  for (const auto& [order, count] : counts) {
    EXPECT_NEAR(count, 1000, 155);
  }
  EXPECT_EQ(kernels::permutation(kKey, 0).numel(), 0);
}

TEST(Random, DerivedKeysDiffer) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> keys;
  const auto add = [&](const RandomKey& key) { keys.emplace(key.seed, key.stream); };
  add(kKey);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    add(kKey.derive(i));
    add(kKey.derive("layer" + std::to_string(i)));
    add(kKey.derive(7).derive(i + 1000));
  }
  EXPECT_EQ(keys.size(), 3001U);
  EXPECT_EQ(kKey.derive("conv1"), kKey.derive("conv1"));
  const auto a = kernels::normal(kKey.derive(0), {50'000}).to_vector();
  const auto b = kernels::normal(kKey.derive(1), {50'000}).to_vector();
  double product = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
  }
  EXPECT_NEAR(product / 50'000, 0, 0.0224);
}

TEST(Random, RngGivesAFreshStreamEachTime) {
  Rng one(42), two(42), other(43);
  const auto first = one.uniform({8}).to_vector();
  EXPECT_EQ(two.uniform({8}).to_vector(), first);
  EXPECT_NE(one.uniform({8}).to_vector(), first);
  EXPECT_NE(other.uniform({8}).to_vector(), first);
  EXPECT_EQ(one.next(), (RandomKey{.seed = 42}.derive(2)));
}

TEST(Random, ArgumentsAreChecked) {
  EXPECT_THAT([] { kernels::uniform(kKey, {2}, 2, 1); }, ThrowsMessage<Error>("uniform: low 2 is above high 1"));
  EXPECT_THAT([] { kernels::uniform(kKey, {2}, 0, 1e39); },
              ThrowsMessage<Error>("uniform: high is 1e+39; it must be finite in float32"));
  EXPECT_THAT([] { kernels::uniform(kKey, {2}, -INFINITY, 0, DType::float64); },
              ThrowsMessage<Error>("uniform: low is -inf; it must be finite in float64"));
  EXPECT_THAT([] { kernels::normal(kKey, {2}, 0, INFINITY); },
              ThrowsMessage<Error>("normal: the standard deviation is inf; it must be finite in float32"));
  EXPECT_THAT([] { kernels::normal(kKey, {2}, 0, -1); },
              ThrowsMessage<Error>("normal: the standard deviation must not be negative, it is -1"));
  EXPECT_THAT([] { kernels::bernoulli(kKey, {2}, 1.5); },
              ThrowsMessage<Error>("bernoulli: p must be in [0, 1], it is 1.5"));
  EXPECT_THAT([] { kernels::random_integers(kKey, {2}, 3, 3); },
              ThrowsMessage<Error>("random_integers: the range [3, 3) is empty"));
  EXPECT_THAT([] { kernels::permutation(kKey, -1); },
              ThrowsMessage<Error>("permutation: n must not be negative, it is -1"));
  EXPECT_THAT([] { kernels::uniform(kKey, {2}, 0, 1, DType::int64); },
              ThrowsMessage<Error>("uniform: needs float32 or float64, not int64; convert with cast"));
}

TEST(Random, WordsAreTheOnesThatTensorsAreMadeFrom) {
  const RandomKey key{.seed = 0x123456789ABCDEF0, .stream = 0xFEDCBA9876543210};
  const std::uint64_t wide = std::uint64_t{1} << 34;  // the number of its block needs more than 32 bits
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, wide - 50}) {
    std::vector<std::uint32_t> words(203);
    random_words(key, first, words);
    const Tensor numbers = kernels::uniform(key, {203}, 0, 1, DType::float32, first);
    for (std::size_t i = 0; i < words.size(); ++i) {
      ASSERT_EQ(static_cast<float>(words[i] >> 8) * 0x1p-24F, numbers.data<float>()[i]) << i << " from " << first;
    }
  }
}

}  // namespace
}  // namespace gibbs
