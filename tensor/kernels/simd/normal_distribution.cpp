#include "gibbs/tensor/kernels/simd/normal_distribution.h"

#include <algorithm>
#include <array>
#include <numbers>

#include "gibbs/tensor/kernels/simd/lanes_math.h"
#include "gibbs/tensor/kernels/simd/simd_math.h"

namespace gibbs::kernels::simd {
namespace {

constexpr double kPeak = std::numbers::inv_sqrtpi / std::numbers::sqrt2;  // of the density
constexpr int kLanes = kWidth<float>;
using Floats = Lanes<float, kLanes>;

/// t p(t) e^(-x^2/2) for x <= 0.
Floats tail(const Floats& away, const Floats& bell) {
  constexpr std::array kCoefficients = {-0.000428368734944F, 0.0222534026884F, -0.0867765083246F, 0.103224153442F,
                                        -0.0375646613786F,   0.0664257301946F, 0.0582139384309F,  0.0817231215996F,
                                        0.0934569177829F,    0.0997367137953F, 0.0997355653627F};
  const Floats t = 1 / fma(away, repeated<kLanes>(0.25F), repeated<kLanes>(1.0F));
  Floats p = repeated<kLanes>(kCoefficients[0]);
#pragma GCC unroll 16
  for (std::size_t i = 1; i < kCoefficients.size(); ++i) {
    p = fma(p, t, repeated<kLanes>(kCoefficients[i]));
  }
  return t * p * bell;
}

void of_lanes(const Floats& x, float* cdf, float* density) {
  const Floats away = x < 0 ? -x : x;
  const Floats far = repeated<kLanes>(20.0F), near = away > far ? far : away;  // NaN stays; at 20 both are 0 and 1
  // The square has digits that float has not; e^-square needs them where it is large.
  const Floats square = near * near, lost = fma(near, near, -square);
  const Floats rough = exp_of_negative<float, kLanes>(square * -0.5F), bell = fma(rough, lost * -0.5F, rough);
  const Floats below = tail(near, bell);
  lanes<kLanes>(cdf) = x > 0 ? 1 - below : below;
  lanes<kLanes>(density) = bell * static_cast<float>(kPeak);
}

}  // namespace

void normal_distribution(const float* x, float* cdf, float* density, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    of_lanes(lanes<kLanes>(x + i), cdf + i, density + i);
  }
  if (i < n) {
    std::array<float, kLanes> rest{}, rest_cdf, rest_density;
    std::copy_n(x + i, n - i, rest.begin());
    of_lanes(lanes<kLanes>(rest.data()), rest_cdf.data(), rest_density.data());
    std::copy_n(rest_cdf.begin(), n - i, cdf + i);
    std::copy_n(rest_density.begin(), n - i, density + i);
  }
}

void normal_distribution(const double* x, double* cdf, double* density, std::int64_t n) {
  std::transform(x, x + n, cdf, [](double v) { return -v / std::numbers::sqrt2; });
  erfc(cdf, cdf, n);
  std::transform(cdf, cdf + n, cdf, [](double v) { return 0.5 * v; });
  std::transform(x, x + n, density, [](double v) { return -0.5 * v * v; });
  exp(density, density, n);
  std::transform(density, density + n, density, [](double v) { return kPeak * v; });
}

}  // namespace gibbs::kernels::simd
