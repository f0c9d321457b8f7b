// e^x and ln x in lanes against <cmath> in higher precision: all over their ranges, at the ends, and lane by lane.
#include "gibbs/tensor/kernels/simd/lanes_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/testing/not_finite.h"

namespace gibbs::kernels {
namespace {

template <class T>
class LanesMath : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(LanesMath, Types);

/// e^x by a vector of the machine.
template <class T>
T exp_of(T x) {
  constexpr int W = kWidth<T>;
  return exp_of_negative<T, W>(kernels::repeated<W>(x))[W / 2];
}

template <class T>
T log_of(T x) {
  constexpr int W = kWidth<T>;
  return log_of_positive<T, W>(kernels::repeated<W>(x))[W / 2];
}

template <class T>
T log_of_one_plus_of(T x) {
  constexpr int W = kWidth<T>;
  return log_of_one_plus<T, W>(kernels::repeated<W>(x))[0];
}

/// How far y is from the true value, in units in the last place of T there.
template <class T>
double error_in_ulp(T y, long double expected) {
  const T rounded = static_cast<T>(expected);
  const T above = std::nextafter(rounded, std::numeric_limits<T>::infinity());
  return static_cast<double>(std::abs(static_cast<long double>(y) - expected) / (above - rounded));
}

/// The worst error of f over all the x it is called with.
template <class T>
class WorstError {
 public:
  WorstError(T (*f)(T), long double (*expected)(long double)) : f_(f), expected_(expected) {}
  void operator()(T x) {
    const double error = error_in_ulp(f_(x), expected_(x));
    at_ = error > worst_ ? x : at_;
    worst_ = std::max(worst_, error);
  }
  void expect_below(double ulps) const {
    EXPECT_LT(worst_, ulps) << "at " << at_;
    EXPECT_GT(worst_, .4) << "nothing was measured";
  }

 private:
  T (*f_)(T);
  long double (*expected_)(long double);
  double worst_ = 0;
  T at_ = 0;
};

TYPED_TEST(LanesMath, ExpIsAnUlpOffAtMost) {
  using T = TypeParam;
  const T lowest = sizeof(T) == 4 ? T(-87) : T(-708);  // from here on down, results are not normal
  WorstError<T> look(exp_of<T>, std::exp);
  for (int i = 0; i <= 1'000'000; ++i) {
    look(lowest * static_cast<T>(i) / 1'000'000);
  }
  for (T x = -1; x < -std::numeric_limits<T>::min(); x *= T(.9997)) {  // where a row's largest entries are
    look(x);
  }
  look.expect_below(1.25);
}

TYPED_TEST(LanesMath, ExpRoundsSmallResultsToDenormalsAndThenToZero) {
  using T = TypeParam;
  const T lowest = sizeof(T) == 4 ? T(-87) : T(-708), end = sizeof(T) == 4 ? T(-105) : T(-747);
  for (int i = 0; i <= 100'000; ++i) {
    const T x = lowest + (end - lowest) * static_cast<T>(i) / 100'000;
    ASSERT_LT(error_in_ulp(exp_of(x), std::exp(static_cast<long double>(x))), 1.25) << x;
  }
  EXPECT_GT(exp_of<T>(sizeof(T) == 4 ? T(-103) : T(-744)), 0);
  EXPECT_EQ(exp_of<T>(end), 0);
}

TYPED_TEST(LanesMath, ExpKnowsTheEndsOfItsRange) {
  using T = TypeParam;
  EXPECT_EQ(exp_of<T>(0), 1);
  EXPECT_EQ(exp_of<T>(-std::numeric_limits<T>::denorm_min()), 1);
  EXPECT_EQ(exp_of<T>(std::numeric_limits<T>::lowest()), 0);
  EXPECT_EQ(exp_of<T>(-std::numeric_limits<T>::infinity()), 0);
  EXPECT_TRUE(std::isnan(exp_of<T>(std::numeric_limits<T>::quiet_NaN())));
}

TYPED_TEST(LanesMath, ExpDoesNotDependOnTheNumberOfLanes) {
  using T = TypeParam;
  constexpr int W = kWidth<T>;
  const T end = sizeof(T) == 4 ? T(-105) : T(-747);
  for (int i = 0; i <= 100'000; ++i) {
    const T x = end * static_cast<T>(i) / 100'000;
    const Lanes<T, 1> alone = exp_of_negative<T, 1>(kernels::repeated<1>(x));
    ASSERT_EQ(exp_of(x), alone[0]) << x;
  }
  Lanes<T, W> x;
  for (int i = 0; i < W; ++i) {
    x[i] = -static_cast<T>(i) * T(.7);
  }
  const Lanes<T, W> y = exp_of_negative<T, W>(x);
  for (int i = 0; i < W; ++i) {
    EXPECT_EQ(y[i], exp_of(x[i])) << "lane " << i;
  }
}

TYPED_TEST(LanesMath, LogIsTwoUlpsOffAtMost) {
  using T = TypeParam;
  WorstError<T> look(log_of<T>, std::log);
  for (T x = std::numeric_limits<T>::denorm_min(); x < std::numeric_limits<T>::max() / 2; x *= T(1.0007)) {
    look(x);
    x = std::nextafter(x, std::numeric_limits<T>::infinity());  // the smallest would stay as they are
  }
  for (int i = 1; i < 300'000; ++i) {  // where it passes through 0
    look(1 - static_cast<T>(i) / 1'000'000);
    look(1 + static_cast<T>(i) / 1'000'000);
  }
  for (T d = 1; d > std::numeric_limits<T>::epsilon(); d /= 2) {
    look(1 - d / 2);
    look(1 + d);
  }
  look.expect_below(2);
}

TYPED_TEST(LanesMath, LogOfOnePlusIsThreeUlpsOffAtMost) {
  using T = TypeParam;
  WorstError<T> look(log_of_one_plus_of<T>, std::log1p);
  for (T x = 1e-30F; x < 1000; x *= T(1.0007)) {
    look(x);
    if (x < T(.9)) {
      look(-x);
    }
  }
  look.expect_below(3);
}

TYPED_TEST(LanesMath, LogKnowsTheEndsOfItsRange) {
  using T = TypeParam;
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  EXPECT_EQ(log_of<T>(1), 0);
  EXPECT_EQ(log_of(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(log_of(std::numeric_limits<T>::quiet_NaN())));
  EXPECT_TRUE(std::isfinite(log_of<T>(0)));
}

TYPED_TEST(LanesMath, LogDoesNotDependOnTheNumberOfLanes) {
  using T = TypeParam;
  for (T x = std::numeric_limits<T>::min() / 4; x < std::numeric_limits<T>::max() / 2; x *= T(1.01)) {
    const Lanes<T, 1> alone = log_of_positive<T, 1>(kernels::repeated<1>(x));
    ASSERT_EQ(log_of(x), alone[0]) << x;
  }
}

}  // namespace
}  // namespace gibbs::kernels
