// Elementary functions over whole arrays, one SIMD place (SLEEF). Full vectors and tails use the same polynomial, so an
// element's result does not depend on where in an array it stands. Errors: at most 1.0 ulp (SLEEF's "u10"), except 1.5
// in log1p of the last three binades (measured), 1.5 in erfc, and 2 in float where erf or erfc is below 1e-37
// (measured: 1.1 on a CPU with FMA, 1.7 on others). Denormals, signed zeros, infinities and NaN come out as in <cmath>.
// In-place use (y == x) is allowed. Single-threaded: callers cut the work.
#pragma once

#include <cstdint>

namespace gibbs::kernels::simd {

void exp(const float* x, float* y, std::int64_t n);
void exp(const double* x, double* y, std::int64_t n);
void expm1(const float* x, float* y, std::int64_t n);
void expm1(const double* x, double* y, std::int64_t n);
void log(const float* x, float* y, std::int64_t n);
void log(const double* x, double* y, std::int64_t n);
void log1p(const float* x, float* y, std::int64_t n);
void log1p(const double* x, double* y, std::int64_t n);
void sqrt(const float* x, float* y, std::int64_t n);
void sqrt(const double* x, double* y, std::int64_t n);
void sin(const float* x, float* y, std::int64_t n);
void sin(const double* x, double* y, std::int64_t n);
void cos(const float* x, float* y, std::int64_t n);
void cos(const double* x, double* y, std::int64_t n);
void tanh(const float* x, float* y, std::int64_t n);
void tanh(const double* x, double* y, std::int64_t n);
void erf(const float* x, float* y, std::int64_t n);
void erf(const double* x, double* y, std::int64_t n);
void erfc(const float* x, float* y, std::int64_t n);
void erfc(const double* x, double* y, std::int64_t n);
/// x^exponent; in double a result equal to the largest number may come out as inf.
void pow(const float* x, const float* exponent, float* y, std::int64_t n);
void pow(const double* x, const double* exponent, double* y, std::int64_t n);

}  // namespace gibbs::kernels::simd
