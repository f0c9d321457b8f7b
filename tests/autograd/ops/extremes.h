// The numbers at the ends of a format, and how far a result is from the exact one: in units of the last place of the
// exact one, computed in long double. What the tables of extremes are made of.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/ops.h"
#include "tests/testing/not_finite.h"

namespace gibbs::testing {

template <class T>
double nth(T x, int steps) {
  for (; steps > 0; --steps) {
    x = std::nextafter(x, std::numeric_limits<T>::infinity());
  }
  for (; steps < 0; ++steps) {
    x = std::nextafter(x, -std::numeric_limits<T>::infinity());
  }
  return static_cast<double>(x);
}

/// Zeros, denormals, the smallest and largest normal numbers, neighbours of 1, infinities; where exponentials begin and
/// end to be numbers, and what lies between. All are numbers of T.
template <class T>
std::vector<double> extremes() {
  using Limits = std::numeric_limits<T>;
  std::vector<double> all;
  for (const double x : {0.0,
                         static_cast<double>(Limits::denorm_min()),
                         Limits::min() / 3.0,
                         nth(Limits::min(), -1),
                         static_cast<double>(Limits::min()),
                         1e-30,
                         1e-19,
                         static_cast<double>(Limits::epsilon()),
                         1e-5,
                         0.01,
                         0.3,
                         0.5,
                         nth(T{1}, -1),
                         1.0,
                         nth(T{1}, 1),
                         1.5,
                         3.0,
                         6.0,
                         9.3,
                         13.0,
                         17.0,
                         26.5,
                         37.0,
                         50.0,
                         88.0,
                         88.8,
                         103.0,
                         104.5,
                         708.0,
                         709.9,
                         744.0,
                         746.0,
                         1e5,
                         1e10,
                         1e19,
                         1e30,
                         static_cast<double>(Limits::max()) / 2,
                         static_cast<double>(Limits::max()),
                         kInfinity}) {
    all.push_back(static_cast<double>(static_cast<T>(x)));
    all.push_back(-all.back());
  }
  return all;
}

/// |actual - exact| in units of the last place of `exact` as a T; 0 for equal infinities and for NaN both.
template <class T>
double ulps(double actual, long double exact) {
  const T rounded = static_cast<T>(exact);
  if (std::isnan(exact) || std::isinf(rounded)) {
    return std::isnan(exact) == std::isnan(actual) && (std::isnan(exact) || actual == static_cast<double>(rounded))
               ? 0
               : kInfinity;
  }
  using Limits = std::numeric_limits<T>;
  const int exponent = exact == 0 ? Limits::min_exponent : std::max(std::ilogb(exact) + 1, Limits::min_exponent);
  const long double unit = std::ldexp(1.0L, exponent - Limits::digits);
  const auto off = static_cast<double>(std::abs(static_cast<long double>(actual) - exact) / unit);
  return std::isnan(off) ? kInfinity : off;
}

/// A scalar or a row of T.
template <class T>
Tensor tensor_of(const std::vector<double>& numbers) {
  return Tensor::from(std::vector<T>(numbers.begin(), numbers.end()), {static_cast<std::int64_t>(numbers.size())});
}

/// The gradient of sum y with respect to x.
inline std::vector<double> gradient_of(const Variable& y, const Variable& x) {
  return grad(y, {x}, Tensor::ones(y.shape(), y.dtype()), {.allow_unused = true})[0].value().to_vector();
}

}  // namespace gibbs::testing
