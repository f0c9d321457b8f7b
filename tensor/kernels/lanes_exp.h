// e^x for x <= 0 in lanes, to be inlined where exponentials are half of the work: no call, and what comes before and
// after stays in registers.
//
// With k the integer nearest to x / ln 2 and r = x - k ln 2, e^x = 2^k e^r and |r| <= ln 2 / 2 = .347, where a few
// terms of Taylor's series are all that T can tell apart. Less than 1.25 ulp off, and less than 1 where multiplications
// and additions are fused (measured).
#pragma once

#include <cstdint>
#include <type_traits>

#include "gibbs/tensor/kernels/lanes.h"

namespace gibbs::kernels {

namespace detail {

/// What e^x needs to know of T.
template <class T>
struct ExpOf;

template <>
struct ExpOf<float> {
  static constexpr int kTerms = 7;                    // .347^8 / 8! = 5e-9
  static constexpr float kLowest = -104;              // below it e^x is 0
  static constexpr float kToInteger = 0x1.8p23F;      // added and subtracted, it rounds to an integer
  static constexpr float kLn2High = 0x1.63p-1F;       // few digits: k times it is exact
  static constexpr float kLn2Low = -0x1.bd0106p-13F;  // ln 2 = high + low
  static constexpr int kMantissa = 23, kBias = 127;
  using Integer = std::int32_t;
};

template <>
struct ExpOf<double> {
  static constexpr int kTerms = 13;  // .347^14 / 14! = 4e-18
  static constexpr double kLowest = -746;
  static constexpr double kToInteger = 0x1.8p52;
  static constexpr double kLn2High = 0x1.62e42feep-1;
  static constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  static constexpr int kMantissa = 52, kBias = 1023;
  using Integer = std::int64_t;
};

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
  using E = ExpOf<T>;
  using Integers = Lanes<typename E::Integer, n>;
  const auto power = [](const Integers& exponent) {
    return reinterpret_cast<Lanes<T, n>>((exponent + E::kBias) << E::kMantissa);
  };
  const Integers whole = __builtin_convertvector(k, Integers), half = whole >> 1;
  return x * power(half) * power(whole - half);
}

}  // namespace detail

/// e^x for x <= 0 or NaN.
template <class T, int n>
Lanes<T, n> exp_of_negative(const Lanes<T, n>& x) {
  using E = detail::ExpOf<T>;
  using V = Lanes<T, n>;
  constexpr T kOneOverLn2 = static_cast<T>(1.442695040888963407);
  const V lowest = repeated<n>(E::kLowest), bounded = lowest > x ? lowest : x;  // x where that is NaN
  const V k = (bounded * kOneOverLn2 + E::kToInteger) - E::kToInteger;
  const V r = bounded - k * E::kLn2High - k * E::kLn2Low;
  double factorial = 1;
  for (int i = 2; i <= E::kTerms; ++i) {
    factorial *= i;
  }
  V series = repeated<n>(static_cast<T>(1 / factorial));  // 1 + r + r^2/2! + ...
#pragma GCC unroll 16
  for (int i = E::kTerms; i > 0; --i) {
    factorial /= i;
    series = series * r + static_cast<T>(1 / factorial);
  }
  return detail::times_power_of_two<T, n>(series, k);
}

}  // namespace gibbs::kernels
