// Samples by weight: how often each comes, that every order is possible, and that a resumed run sees the same.
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "gibbs/data/image_batches.h"
#include "gibbs/data/loader.h"
#include "numbered_pictures.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

std::vector<double> order_of(const std::vector<double>& weights, std::uint64_t seed) {
  return weighted_order(weights, {.seed = seed}).to_vector();
}

TEST(WeightedOrder, EverySampleComesAsOftenAsItsWeightSays) {
  const std::vector<double> weights = {1, 0, 2.5, 4, 0.5, 3, 0};
  constexpr int kDraws = 4000;
  std::vector<double> mean(weights.size());
  for (int draw = 0; draw < kDraws; ++draw) {
    std::vector<int> counts(weights.size());
    const std::vector<double> order = order_of(weights, static_cast<std::uint64_t>(draw));
    ASSERT_EQ(order.size(), weights.size());
    for (const double sample : order) {
      ++counts[static_cast<std::size_t>(sample)];
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double expected = weights[i] * 7 / 11;
      ASSERT_GE(counts[i], std::floor(expected));
      ASSERT_LE(counts[i], std::ceil(expected));
      mean[i] += static_cast<double>(counts[i]) / kDraws;
    }
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_NEAR(mean[i], weights[i] * 7 / 11, 0.04) << i;
  }
}

TEST(WeightedOrder, EqualWeightsAreAPermutation) {
  std::set<std::vector<double>> seen;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    std::vector<double> order = order_of({0.3, 0.3, 0.3, 0.3}, seed);
    seen.insert(order);
    std::ranges::sort(order);
    ASSERT_EQ(order, (std::vector<double>{0, 1, 2, 3}));
  }
  EXPECT_EQ(seen.size(), 24U);
}

TEST(WeightedOrder, PairsOfRareSamplesAreIndependentOfTheirPlacesInTheSet) {
  std::map<std::set<double>, int> pairs;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::set<double> rare;
    for (const double sample : order_of({1, 1, 1, 1, 4}, seed)) {
      if (sample < 4) {
        rare.insert(sample);
      }
    }
    ++pairs[rare];
  }
  int common = 0;
  for (const auto& [rare, count] : pairs) {
    common += rare.size() == 2 && count > 100 ? 1 : 0;
  }
  EXPECT_EQ(common, 6);
}

TEST(WeightedOrder, ClassesBecomeBalanced) {
  EXPECT_EQ(balanced_weights({5, 7, 5, 5}), (std::vector<double>{1.0 / 3, 1, 1.0 / 3, 1.0 / 3}));
  std::vector<std::int64_t> some;
  for (std::int64_t i = 0; i < 50; ++i) {
    if (i % 5 != 0 || i == 20) {
      some.push_back(i);
    }
  }
  const Subset subset(numbered_pictures(50), some);  // 41 pictures, one of them of class 0
  ImageBatches batches(subset, {.batch_size = 41, .seed = 3, .weights = balanced_weights(subset.labels())});
  std::map<double, double> counts;
  for (std::int64_t epoch = 0; epoch < 50; ++epoch) {
    for (const double label : batches.make({epoch, 0}).target().to_vector()) {
      counts[label] += 1.0 / 50;
    }
  }
  for (const double label : {0, 1, 2, 3, 4}) {
    EXPECT_NEAR(counts[label], 41 / 5.0, 0.4);
  }
}

TEST(WeightedOrder, DependsOnSeedAndEpochAlone) {
  const std::vector<double> weights = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 1};
  const ImageBatchOptions options{.batch_size = 5, .seed = 6, .weights = weights, .scale = 1};
  ImageBatches batches(numbered_pictures(12), options);
  EXPECT_NE(batches.make({0, 0}).input().to_vector(), batches.make({1, 0}).input().to_vector());
  DataLoader resumed(numbered_pictures(12), options, {3, 1});
  EXPECT_EQ(resumed.next().input().to_vector(), batches.make({3, 1}).input().to_vector());
  EXPECT_TRUE(batches.settings()[2].second.starts_with("weighted by ")) << batches.settings()[2].second;
  EXPECT_TRUE(batches.settings()[2].second.ends_with(" and shuffled by seed 6"));
  ImageBatchOptions other = options;
  other.weights[0] = 2;
  EXPECT_NE(ImageBatches(numbered_pictures(12), other).settings(), batches.settings());
}

TEST(WeightedOrder, Errors) {
  const auto error_with = [](const std::vector<double>& weights, bool shuffle = true) {
    return error_of(
        [&] { ImageBatches(numbered_pictures(3), {.batch_size = 1, .shuffle = shuffle, .weights = weights}); });
  };
  EXPECT_EQ(error_with({1, 2}), "ImageBatches: there are 2 weights for 3 samples; give one for each");
  EXPECT_EQ(error_with({1, 2, 3}, false),
            "ImageBatches: samples with weights come in random order; leave shuffle true");
  EXPECT_EQ(error_with({1, -2, 3}), "ImageBatches: weight 1 is -2; weights must be finite and at least 0");
  EXPECT_EQ(error_with({1, 2, std::nan("")}), "ImageBatches: weight 2 is nan; weights must be finite and at least 0");
  EXPECT_EQ(error_with({0, 0, 0}), "ImageBatches: the sum of the weights is 0; it must be finite and above 0");
  const double large = std::numeric_limits<double>::max();
  EXPECT_EQ(error_with({large, large, 0}),
            "ImageBatches: the sum of the weights is inf; it must be finite and above 0");
}

}  // namespace
}  // namespace gibbs::data
