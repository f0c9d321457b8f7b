// The normal distribution over whole arrays: density e^(-x^2/2) / sqrt(2 pi), and cdf, the probability of less than x.
//
// In float both come from one exponential: for x <= 0, cdf = e^(-x^2/2) q(x), where q, half of erfcx(-x / sqrt 2), is
// smooth and goes to 0 like 1 / x; as t p(t) with t = 1 / (1 + |x| / 4) it is a polynomial of degree 10, fitted at
// Chebyshev's points, 6e-9 off at most. Errors: at most 6 ulp where the result is a normal number (measured: 5.4; on
// CPUs without FMA 64, far out). In double SLEEF's erfc and exp. NaN stays NaN; at infinities there is the limit.
// Single-threaded: callers cut the work.
#pragma once

#include <cstdint>

namespace gibbs::kernels::simd {

void normal_distribution(const float* x, float* cdf, float* density, std::int64_t n);
void normal_distribution(const double* x, double* cdf, double* density, std::int64_t n);

}  // namespace gibbs::kernels::simd
