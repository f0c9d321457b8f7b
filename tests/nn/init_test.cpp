// Initializers: limits, mean and variance of what they draw, and that the key alone decides.
#include "gibbs/nn/init.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace gibbs::nn {
namespace {

constexpr std::int64_t kFanIn = 300, kFanOut = 100;

struct Moments {
  double mean = 0, variance = 0, largest = 0;
};

Moments moments_of(const Initializer& init) {
  const std::vector<double> values = init({200, 200}, kFanIn, kFanOut, {.seed = 5}).to_vector();
  const auto n = static_cast<double>(values.size());
  Moments m;
  for (double v : values) {
    m.mean += v / n;
    m.largest = std::max(m.largest, std::abs(v));
  }
  for (double v : values) {
    m.variance += (v - m.mean) * (v - m.mean) / n;
  }
  return m;
}

struct Case {
  const char* name;
  Initializer init;
  double variance;
  bool uniform;
};

TEST(Init, MeanVarianceAndLimits) {
  std::vector<Case> cases;
  const auto add = [&](const char* name, const Initializer& init, double variance, bool uniform) {
    cases.push_back({name, init, variance, uniform});
  };
  add("glorot_uniform", glorot_uniform, 2.0 / 400, true);
  add("glorot_normal", glorot_normal, 2.0 / 400, false);
  add("he_uniform", he_uniform, 2.0 / 300, true);
  add("he_normal", he_normal, 2.0 / 300, false);
  add("lecun_uniform", lecun_uniform, 1.0 / 300, true);
  add("lecun_normal", lecun_normal, 1.0 / 300, false);
  for (const Case& c : cases) {
    const Moments m = moments_of(c.init);
    // 40,000 numbers: five standard errors of the mean, and 4 % of the variance (five for a normal).
    EXPECT_NEAR(m.mean, 0, 5 * std::sqrt(c.variance / 40'000)) << c.name;
    EXPECT_NEAR(m.variance, c.variance, 0.04 * c.variance) << c.name;
    const double limit = std::sqrt(3 * c.variance);
    if (c.uniform) {
      EXPECT_LE(m.largest, limit * (1 + 1e-6)) << c.name;
      EXPECT_GT(m.largest, 0.99 * limit) << c.name;
    } else {
      EXPECT_GT(m.largest, 1.5 * limit) << c.name;
    }
  }
}

TEST(Init, TheKeyDecides) {
  const auto draw = [](std::uint64_t seed) { return glorot_uniform({3, 4}, 3, 4, {.seed = seed}).to_vector(); };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(Init, FansOfAnySize) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const std::pair<const char*, Initializer> all[] = {
      {"glorot_uniform", glorot_uniform}, {"glorot_normal", glorot_normal}, {"he_uniform", he_uniform},
      {"he_normal", he_normal},           {"lecun_uniform", lecun_uniform}, {"lecun_normal", lecun_normal}};
  for (const auto& [name, init] : all) {
    for (const double v : init({100}, kMost, kMost, {.seed = 1}).to_vector()) {
      EXPECT_LT(std::abs(v), 5e-9) << name;
    }
    EXPECT_GT(std::abs(init({1}, kMost, kMost, {.seed = 1}).item()), 0) << name;
    try {
      init({2}, 0, 0, {.seed = 1});
      ADD_FAILURE() << name << " takes no fans";
    } catch (const Error& error) {
      EXPECT_EQ(error.what(),
                std::string(name) + ": the fans that a weight connects add up to 0; they must be positive");
    }
  }
}

}  // namespace
}  // namespace gibbs::nn
