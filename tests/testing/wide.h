// Numbers of 113 bits and 15 bits of exponent, with their first derivative: an oracle for numbers of 24 and 53 bits
// that may follow definitions as they are written, since what cancels, overflows or underflows in a double does not
// here.
//
// exp and log are written out, so that no library of one compiler is needed.
#pragma once

#include <cfloat>
#include <cmath>
#include <limits>
#include <vector>

namespace gibbs::testing {

#if LDBL_MANT_DIG >= 113
using Wide = long double;
#else
__extension__ typedef __float128 Wide;  // NOLINT: __extension__ takes no alias declaration
#endif

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

inline Wide wide_abs(Wide x) { return x < 0 ? -x : x; }

inline Wide wide_exp(Wide x) {
  constexpr double kLargest = 11300;  // near the end of the exponents
  if (x != x || wide_abs(x) > kLargest) {
    return x < 0 ? Wide{0} : x * kInfinite;
  }
  // ln 2 in three pieces of 53 bits
  const Wide log_of_2 = Wide{0x1.62e42fefa39efp-1} + Wide{0x1.abc9e3b39803fp-56} + Wide{0x1.7b57a079a1934p-111};
  const auto doublings = static_cast<int>(std::lround(static_cast<double>(x / log_of_2)));
  const Wide rest = (x - doublings * log_of_2) / 256;
  Wide y = 1;
  for (int n = 18; n > 0; --n) {
    y = 1 + rest / n * y;
  }
  for (int i = 0; i < 8; ++i) {
    y *= y;
  }
  return y * Wide{std::ldexp(1.0L, doublings)};
}

/// ln x: a logarithm of 64 bits or more and one step of Halley's method, which triples them. Near 1 it begins from 0,
/// whose e^0 is exact: of any other e^y, few of the digits that differ from 1 would be right.
inline Wide wide_log(Wide x) {
  if (!(x > 0) || x > LDBL_MAX) {
    return x == 0 ? Wide{-kInfinite} : x > 0 ? x : Wide{kUndefined};
  }
  const Wide y = wide_abs(x - 1) < 0x1p-40 ? Wide{0} : Wide{std::log(static_cast<long double>(x))}, e = wide_exp(y);
  return y + 2 * (x - e) / (x + e);
}

/// A number v and its derivative d in one input; and how far both are off, in epsilons, if each sum_of below loses an
/// epsilon of the size of its terms and nothing else loses anything.
struct Dual {
  Wide v = 0, d = 0, v_off = 0, d_off = 0;

  Dual(double value) : v(value) {}  // NOLINT: numbers are constants
  Dual(Wide value, Wide derivative) : v(value), d(derivative) {}
  Dual(Wide value, Wide derivative, Wide value_off, Wide derivative_off)
      : v(value), d(derivative), v_off(value_off), d_off(derivative_off) {}
};

/// a b, and 0 where a is 0: a slope that does not count may be infinite.
inline Wide if_any(Wide a, Wide b) { return a == 0 ? Wide{0} : a * b; }

/// f(x) from its value, slope and curvature there.
inline Dual chain(const Dual& x, Wide value, Wide slope, Wide curvature) {
  return {value, if_any(x.d, slope), if_any(x.v_off, wide_abs(slope)),
          if_any(x.d_off, wide_abs(slope)) + if_any(x.v_off, wide_abs(if_any(x.d, curvature)))};
}

inline Dual operator-(const Dual& a) { return {-a.v, -a.d, a.v_off, a.d_off}; }
/// A sum is off by what 113 bits lose, too: so little that it counts only where nothing else is left.
inline Dual operator+(const Dual& a, const Dual& b) {
  const auto lost = [](Wide x) { return wide_abs(x) <= LDBL_MAX ? Wide{4e-18} * wide_abs(x) : Wide{0}; };
  return {a.v + b.v, a.d + b.d, a.v_off + b.v_off + lost(a.v) + lost(b.v), a.d_off + b.d_off + lost(a.d) + lost(b.d)};
}
inline Dual operator-(const Dual& a, const Dual& b) { return a + -b; }
inline Dual operator*(const Dual& a, const Dual& b) {
  const Wide size_a = wide_abs(a.v), size_b = wide_abs(b.v);
  return {a.v * b.v, if_any(a.d, b.v) + if_any(b.d, a.v), if_any(a.v_off, size_b) + if_any(b.v_off, size_a),
          if_any(a.d_off, size_b) + if_any(b.d_off, size_a) + if_any(a.v_off, wide_abs(b.d)) +
              if_any(b.v_off, wide_abs(a.d))};
}
inline Dual operator/(const Dual& a, const Dual& b) {
  const Wide y = 1 / b.v;
  Dual quotient = a * chain(b, y, -y * y, 2 * y * y * y);
  quotient.v = a.v / b.v;  // exactly 1 for equal numbers
  return quotient;
}
inline bool operator<(const Dual& a, const Dual& b) { return a.v < b.v; }

inline Dual exp(const Dual& x) {
  const Wide y = wide_exp(x.v);
  return chain(x, y, y, y);
}
inline Dual log(const Dual& x) { return chain(x, wide_log(x.v), 1 / x.v, -1 / (x.v * x.v)); }
/// ln(1 + x), also where 1 + x is 1.
inline Dual log1p(const Dual& x) {
  const Wide sum = 1 + x.v;
  return chain(x, sum == 1 ? x.v : wide_log(sum) * x.v / (sum - 1), 1 / sum, -1 / (sum * sum));
}
inline Dual sqrt(const Dual& x) {
  const Wide y = wide_exp(wide_log(x.v) / 2);
  return chain(x, y, 1 / (2 * y), -1 / (4 * x.v * y));
}
/// x^a for x >= 0; at 0 it has no derivative of its own for a < 1.
inline Dual pow(const Dual& x, double a) {
  if (a == 0) {
    return 1;
  }
  if (x.v == 0) {
    return chain(x, 0, a > 1 ? 0 : a == 1 ? 1 : kUndefined, 0);
  }
  return exp(log(x) * a);
}
inline Dual abs(const Dual& x) { return x.v < 0 ? -x : x; }

/// Their sum, in which terms may cancel.
inline Dual sum_of(const std::vector<Dual>& terms) {
  Dual sum = 0;
  for (const Dual& term : terms) {
    sum = sum + term;
    sum.v_off += wide_abs(term.v);
    sum.d_off += wide_abs(term.d);
  }
  return sum;
}

}  // namespace gibbs::testing
