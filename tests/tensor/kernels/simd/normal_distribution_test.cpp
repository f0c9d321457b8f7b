// Beside <cmath> in long double, at every place of a vector.
#include "gibbs/tensor/kernels/simd/normal_distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "gibbs/tensor/kernels/simd/lanes.h"

namespace gibbs::kernels::simd {
namespace {

using Real = long double;

template <class T>
Real ulps(T got, Real exact) {
  const T rounded = std::abs(static_cast<T>(exact));
  return std::abs(static_cast<Real>(got) - exact) /
         (std::nextafter(rounded, std::numeric_limits<T>::infinity()) - rounded);
}

template <class T>
void expect_exact(Real constant, Real times_square) {
  std::vector<T> x;
  for (T v = -12; v < 12; v += static_cast<T>(0.000713)) {
    x.push_back(v);
  }
  std::vector<T> cdf(x.size()), density(x.size());
  normal_distribution(x.data(), cdf.data(), density.data(), std::ssize(x));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Real v = x[i], most = constant + times_square * v * v;
    ASSERT_LE(ulps(cdf[i], std::erfc(-v / std::numbers::sqrt2_v<Real>) / 2), most) << "cdf at " << v;
    ASSERT_LE(ulps(density[i], std::exp(-v * v / 2) * std::numbers::inv_sqrtpi_v<Real> / std::numbers::sqrt2_v<Real>),
              most)
        << "density at " << v;
  }
}

TEST(NormalDistribution, IsWithinAFewUlps) {
  expect_exact<float>(6, kHasFma ? 0 : 1);
  expect_exact<double>(4, 2);  // x is divided, and rounded, before it is squared
}

TEST(NormalDistribution, HasItsLimits) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {kInfinity, -kInfinity, 0, std::numeric_limits<float>::quiet_NaN(), 1e30F};
  std::vector<float> cdf(x.size()), density(x.size());
  normal_distribution(x.data(), cdf.data(), density.data(), std::ssize(x));
  EXPECT_EQ(cdf[0], 1);
  EXPECT_EQ(cdf[1], 0);
  EXPECT_EQ(cdf[2], 0.5F);
  EXPECT_TRUE(std::isnan(cdf[3]) && std::isnan(density[3]));
  EXPECT_EQ(cdf[4], 1);
  EXPECT_EQ(density[0] + density[1] + density[4], 0);
}

TEST(NormalDistribution, APlaceInAnArrayMakesNoDifference) {
  std::vector<float> x(37), cdf(37), density(37), one(1), one_density(1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 0.3F * static_cast<float>(i) - 5;
  }
  normal_distribution(x.data(), cdf.data(), density.data(), 37);
  for (std::size_t i = 0; i < x.size(); ++i) {
    normal_distribution(&x[i], one.data(), one_density.data(), 1);
    EXPECT_EQ(one[0], cdf[i]) << i;
    EXPECT_EQ(one_density[0], density[i]) << i;
  }
}

}  // namespace
}  // namespace gibbs::kernels::simd
