// phi(x) = e^x - 1 - x, what a convex function lies above its tangent: at least 0, and 0 only at 0. Divergences of
// numbers that need not sum to anything are made of it: p ln(p / q) - p + q = p phi(ln(q / p)).
#pragma once

#include <cmath>

#include "gibbs/tensor/portable_math.h"

namespace gibbs::losses {

/// e^x - 1 - x, to the last digits; near 0 by its power series x^2/2! + x^3/3! + ..., summed from its end: where |x| <
/// 1, 20 terms are exact. +inf at both infinities.
inline double phi(double x) {
  if (std::abs(x) >= 1) {
    return std::isinf(x) ? std::abs(x) : portable::expm1(x) - x;
  }
  double rest = 1;
  for (int n = 20; n > 2; --n) {
    rest = 1 + x / n * rest;
  }
  return x * x / 2 * rest;
}

}  // namespace gibbs::losses
