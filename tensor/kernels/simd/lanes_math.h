// e^x and ln x in lanes, to be inlined where they are half of the work: no call, and what comes before and after stays
// in registers. For whole arrays, and for other functions, there is simd_math.h.
//
// e^x: with k the integer nearest to x / ln 2 and r = x - k ln 2, e^x = 2^k e^r and |r| <= ln 2 / 2 = .347, where a few
// terms of Taylor's series are all that T can tell apart.
// ln x: with x = 2^k m, m between the roots of 1/2 and 2, and s = (m - 1) / (m + 1), |s| <= .172, ln x = k ln 2 +
// 2 (s + s^3/3 + s^5/5 + ...).
// Errors, measured: e^x less than 1.25 ulp, and less than 1 where multiplications and additions are fused; ln x less
// than 2, ln(1 + x) less than 3.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "gibbs/tensor/kernels/simd/lanes.h"

namespace gibbs::kernels {

namespace detail {

/// What both functions need to know of T.
template <class T>
struct FormatOf;

template <>
struct FormatOf<float> {
  using Integer = std::int32_t;
  static constexpr int kMantissa = 23, kBias = 127;
  static constexpr float kToInteger = 0x1.8p23F;  // added and subtracted, it rounds to an integer
  static constexpr float kLn2High = 0x1.63p-1F, kLn2Low = -0x1.bd0106p-13F;  // so few digits that k times high is exact
  static constexpr float kLowest = -104;                                     // below it e^x is 0
  static constexpr int kExpTerms = 7, kLogTerms = 4;                         // .347^8 / 8! = 5e-9, .172^10 / 11 = 2e-9
  static constexpr Integer kRootOfHalf = 0x3f3504f3;                         // the bits of sqrt(1/2)
};

template <>
struct FormatOf<double> {
  using Integer = std::int64_t;
  static constexpr int kMantissa = 52, kBias = 1023;
  static constexpr double kToInteger = 0x1.8p52;
  static constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;
  static constexpr double kLowest = -746;
  static constexpr int kExpTerms = 13, kLogTerms = 10;  // .347^14 / 14! = 4e-18, .172^22 / 23 = 7e-19
  static constexpr Integer kRootOfHalf = 0x3fe6a09e667f3bcd;
};

template <class T, int n>
using Integers = Lanes<typename FormatOf<T>::Integer, n>;

/// x 2^k for integers k <= 0. 2^k itself may be too small for a normal number, its root is not.
template <class T, int n>
Lanes<T, n> times_power_of_two(const Lanes<T, n>& x, const Lanes<T, n>& k) {
#if defined(__AVX512F__)
  if constexpr (n * sizeof(T) == 64 && std::is_same_v<T, float>) {
    return _mm512_maskz_scalef_ps(0xffff, x, k);
  } else if constexpr (n * sizeof(T) == 64) {
    return _mm512_maskz_scalef_pd(0xff, x, k);
  }
#endif
  using F = FormatOf<T>;
  const auto power = [](const Integers<T, n>& exponent) {
    return reinterpret_cast<Lanes<T, n>>((exponent + F::kBias) << F::kMantissa);
  };
  const Integers<T, n> whole = __builtin_convertvector(k, Integers<T, n>), half = whole >> 1;
  return x * power(half) * power(whole - half);
}

}  // namespace detail

/// e^x for x <= 0 or NaN.
template <class T, int n>
Lanes<T, n> exp_of_negative(const Lanes<T, n>& x) {
  using F = detail::FormatOf<T>;
  using V = Lanes<T, n>;
  constexpr T kOneOverLn2 = static_cast<T>(1.442695040888963407);
  const V lowest = repeated<n>(F::kLowest), bounded = lowest > x ? lowest : x;  // x where that is NaN
  const V k = fma(bounded, repeated<n>(kOneOverLn2), repeated<n>(F::kToInteger)) - F::kToInteger;
  const V r = fma(-k, repeated<n>(F::kLn2Low), fma(-k, repeated<n>(F::kLn2High), bounded));
  double factorial = 1;
  for (int i = 2; i <= F::kExpTerms; ++i) {
    factorial *= i;
  }
  V series = repeated<n>(static_cast<T>(1 / factorial));  // 1 + r + r^2/2! + ...
#pragma GCC unroll 16
  for (int i = F::kExpTerms; i > 0; --i) {
    factorial /= i;
    series = fma(series, r, repeated<n>(static_cast<T>(1 / factorial)));
  }
  return detail::times_power_of_two<T, n>(series, k);
}

/// ln x for x > 0, infinity or NaN; of 0, some number. Near 1, ln x is as exact as x - 1 is: whoever has x - 1 with
/// digits that x has lost gives it, too.
template <class T, int n, bool may_be_denormal = true>
Lanes<T, n> log_of_positive(const Lanes<T, n>& x, const Lanes<T, n>& x_minus_one) {
  using F = detail::FormatOf<T>;
  using V = Lanes<T, n>;
  constexpr int kDigits = F::kMantissa + 1;  // so many powers of two make a denormal number normal
  const auto denormal = x < std::numeric_limits<T>::min();
  V normal = x;
  if constexpr (may_be_denormal) {
    normal = denormal ? x * static_cast<T>(std::int64_t{1} << kDigits) : x;
  }
  const auto bits = reinterpret_cast<detail::Integers<T, n>>(normal);
  const detail::Integers<T, n> exponent = (bits - F::kRootOfHalf) >> F::kMantissa;
  const V m = reinterpret_cast<V>(bits - (exponent << F::kMantissa));
  V k = __builtin_convertvector(exponent, V);
  if constexpr (may_be_denormal) {
    k = denormal ? k - kDigits : k;
  }
  const V m_minus_one = k == 0 ? x_minus_one : m - 1;
  const V s = m_minus_one / (m_minus_one + 2), s2 = s * s;
  V series = repeated<n>(static_cast<T>(1.0 / (2 * F::kLogTerms + 1)));  // 1/3 + s^2/5 + s^4/7 + ...
#pragma GCC unroll 16
  for (int i = F::kLogTerms - 1; i > 0; --i) {
    series = fma(series, s2, repeated<n>(static_cast<T>(1.0 / (2 * i + 1))));
  }
  const V two_s = s + s, tail = fma(two_s * s2, series, k * F::kLn2Low);
  const V y = fma(k, repeated<n>(F::kLn2High), two_s + tail);
  return x < std::numeric_limits<T>::infinity() ? y : x;
}

template <class T, int n>
Lanes<T, n> log_of_positive(const Lanes<T, n>& x) {
  return log_of_positive<T, n>(x, x - 1);
}

/// ln(1 + x) for x > -1, infinity or NaN.
template <class T, int n>
Lanes<T, n> log_of_one_plus(const Lanes<T, n>& x) {
  return log_of_positive<T, n, /*may_be_denormal=*/false>(1 + x, x);
}

}  // namespace gibbs::kernels
