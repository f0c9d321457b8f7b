// simd_math: every function against <cmath> in long double, at edge values, in tails and in place.
#include "gibbs/tensor/kernels/simd/simd_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace gibbs::kernels {
namespace {

template <class T>
using Array = void (*)(const T*, T*, std::int64_t);

template <class T>
struct Function {
  const char* name;
  Array<T> array;
  long double (*oracle)(long double);
  double error = 1.01;
  double error_of_least = error;  // below 1e-37
};

template <class T>
std::vector<Function<T>> functions() {
  return {{"exp", simd::exp, std::exp},          {"expm1", simd::expm1, std::expm1},
          {"log", simd::log, std::log},          {"log1p", simd::log1p, std::log1p},
          {"sqrt", simd::sqrt, std::sqrt},       {"sin", simd::sin, std::sin},
          {"cos", simd::cos, std::cos},          {"tanh", simd::tanh, std::tanh},
          {"erf", simd::erf, std::erf, 1.01, 2}, {"erfc", simd::erfc, std::erfc, 1.51, 2}};
}

/// |got - wanted| in units of the last place of wanted; 0 when both are NaN or the same infinity.
template <class T>
double ulps(T got, long double wanted) {
  const T rounded = static_cast<T>(wanted);
  if (got == rounded || (std::isnan(got) && std::isnan(rounded))) {
    return 0;
  }
  if (!std::isfinite(got) || !std::isfinite(rounded)) {
    return std::numeric_limits<double>::infinity();
  }
  const T magnitude = std::abs(rounded);
  const T unit = std::nextafter(magnitude, std::numeric_limits<T>::infinity()) - magnitude;
  return static_cast<double>(std::abs(got - wanted) / unit);
}

template <class T>
std::vector<T> edge_values() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values = {T(0),
                           Limits::infinity(),
                           Limits::quiet_NaN(),
                           Limits::max(),
                           Limits::min(),
                           Limits::denorm_min(),
                           T(1),
                           T(88.5),
                           T(103.9),
                           T(105),
                           T(709.5),
                           T(745.2)};
  for (std::size_t i = 0, n = values.size(); i < n; ++i) {
    values.push_back(-values[i]);
  }
  return values;
}

template <class T>
class SimdMath : public ::testing::Test {};
using FloatingTypes = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SimdMath, FloatingTypes);

TYPED_TEST(SimdMath, IsWithinItsStatedErrorOnTheWholeRange) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> magnitude(-60, 37);
  std::uniform_real_distribution<double> near(-3, 3);
  std::vector<TypeParam> x = edge_values<TypeParam>();
  for (int i = 0; i < 20000; ++i) {
    const double power = std::exp2(magnitude(random)) * 1.1;
    x.push_back(static_cast<TypeParam>(i % 2 ? power : -power));
    x.push_back(static_cast<TypeParam>(near(random) * (i % 3 ? 1 : 30)));
  }
  for (const auto& f : functions<TypeParam>()) {
    std::vector<TypeParam> y(x.size());
    f.array(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const long double wanted = f.oracle(x[i]);
      const double error = std::abs(wanted) < 1e-37L ? f.error_of_least : f.error;
      ASSERT_LE(ulps(y[i], wanted), error) << f.name << "(" << x[i] << ") = " << y[i];
    }
  }
}

TYPED_TEST(SimdMath, SignsOfZeroSurvive) {
  const TypeParam minus_zero = -TypeParam(0);
  for (const auto& f : functions<TypeParam>()) {
    TypeParam y = 0;
    f.array(&minus_zero, &y, 1);
    EXPECT_EQ(std::signbit(y), std::signbit(f.oracle(-0.0L))) << f.name;
  }
}

TYPED_TEST(SimdMath, TailsEqualFullVectorsBitForBitAndNothingElseIsWritten) {
  std::vector<TypeParam> x(70);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<TypeParam>(0.37 + 0.11 * static_cast<double>(i));
  }
  for (const auto& f : functions<TypeParam>()) {
    std::vector<TypeParam> whole(x.size());
    f.array(x.data(), whole.data(), 64);
    for (std::int64_t first : {0, 1, 5}) {
      for (std::int64_t n : {0, 1, 2, 3, 7, 15, 16, 17, 31, 50}) {
        std::vector<TypeParam> part(x.begin() + first, x.begin() + first + n);
        part.push_back(TypeParam(-42));
        f.array(part.data(), part.data(), n);  // in place
        EXPECT_EQ(part.back(), TypeParam(-42)) << f.name;
        EXPECT_EQ(std::memcmp(part.data(), whole.data() + first, static_cast<std::size_t>(n) * sizeof(TypeParam)), 0)
            << f.name << " of " << n << " elements";
      }
    }
  }
}

TYPED_TEST(SimdMath, LargestArgumentsOfLog1pStayFinite) {
  const TypeParam largest = std::numeric_limits<TypeParam>::max();
  for (TypeParam x : {largest, largest / 2, largest / 3, largest / 30, largest / 300}) {
    TypeParam y = 0;
    simd::log1p(&x, &y, 1);
    EXPECT_LE(ulps(y, std::log1p(static_cast<long double>(x))), 1.5) << x;
  }
}

TYPED_TEST(SimdMath, PowEqualsTheStandardLibrarysAtOrdinaryAndEdgePoints) {
  std::vector<TypeParam> bases = edge_values<TypeParam>();
  bases.insert(bases.end(), {TypeParam(0.3), TypeParam(-0.3), TypeParam(1.7), TypeParam(-2), TypeParam(9.25)});
  std::vector<TypeParam> exponents = edge_values<TypeParam>();
  exponents.insert(exponents.end(), {TypeParam(2), TypeParam(3), TypeParam(-3), TypeParam(0.5), TypeParam(-0.7)});
  for (TypeParam base : bases) {
    const std::vector<TypeParam> x(exponents.size(), base);
    std::vector<TypeParam> y(exponents.size());
    simd::pow(x.data(), exponents.data(), y.data(), static_cast<std::int64_t>(y.size()));
    for (std::size_t i = 0; i < y.size(); ++i) {
      const long double wanted = std::pow(static_cast<long double>(base), static_cast<long double>(exponents[i]));
      if (std::abs(wanted) == std::numeric_limits<double>::max()) {
        continue;  // the stated exception: the largest double itself may become inf
      }
      EXPECT_LE(ulps(y[i], wanted), 1.01) << base << "^" << exponents[i] << " = " << y[i];
    }
  }
}

}  // namespace
}  // namespace gibbs::kernels
