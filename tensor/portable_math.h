// Elementary functions of one double, by the same polynomials on every platform: what <cmath> gives differs in its last
// bit from one C library to the next, and a training follows such a bit. Errors of at most 1 ulp. Whole arrays go
// through kernels/simd/simd_math.h, which has the same property.
#pragma once

namespace gibbs::portable {

double exp(double x);
double expm1(double x);
double log(double x);
double log1p(double x);
double sin(double x);
double cos(double x);
double atan2(double y, double x);
double pow(double x, double exponent);
double hypot(double x, double y);

}  // namespace gibbs::portable
