// Elementary functions over whole arrays, by SLEEF's vector functions: the only file that knows SLEEF and the width of
// a vector, which is chosen when compiling.
//
// One idea: an array is full vectors and one padded vector, so every element goes through the same polynomial wherever
// it stands.
#include "gibbs/tensor/kernels/simd/simd_math.h"

#include <sleef.h>

#include <algorithm>
#include <cstring>

#include "gibbs/tensor/portable_math.h"

namespace gibbs::kernels::simd {
namespace {

// SLEEF's deterministic functions: "finz" with fused multiply-adds, equal bit by bit at every width and on every CPU
// that has them, and "cinz" without. A vector's width is part of their names, so pasting names is all that depends on
// it.
#if defined(__AVX512F__)
using FloatVector = __m512;
using DoubleVector = __m512d;
#define SLEEF_FLOAT(name, error) Sleef_finz_##name##f16_##error##avx512f
#define SLEEF_DOUBLE(name, error) Sleef_finz_##name##d8_##error##avx512f
#define SLEEF_SQRT_FLOAT Sleef_sqrtf16_avx512f
#define SLEEF_SQRT_DOUBLE Sleef_sqrtd8_avx512f
#elif defined(__AVX2__) && defined(__FMA__)
using FloatVector = __m256;
using DoubleVector = __m256d;
#define SLEEF_FLOAT(name, error) Sleef_finz_##name##f8_##error##avx2
#define SLEEF_DOUBLE(name, error) Sleef_finz_##name##d4_##error##avx2
#define SLEEF_SQRT_FLOAT Sleef_sqrtf8_avx2
#define SLEEF_SQRT_DOUBLE Sleef_sqrtd4_avx2
#elif defined(__aarch64__)
using FloatVector = float32x4_t;
using DoubleVector = float64x2_t;
#define SLEEF_FLOAT(name, error) Sleef_finz_##name##f4_##error##advsimd
#define SLEEF_DOUBLE(name, error) Sleef_finz_##name##d2_##error##advsimd
#define SLEEF_SQRT_FLOAT Sleef_sqrtf4_advsimd
#define SLEEF_SQRT_DOUBLE Sleef_sqrtd2_advsimd
#else
using FloatVector = __m128;
using DoubleVector = __m128d;
#define SLEEF_FLOAT(name, error) Sleef_cinz_##name##f4_##error##sse2
#define SLEEF_DOUBLE(name, error) Sleef_cinz_##name##d2_##error##sse2
#define SLEEF_SQRT_FLOAT Sleef_sqrtf4_sse2
#define SLEEF_SQRT_DOUBLE Sleef_sqrtd2_sse2
#endif

#if defined(__FMA__) || defined(__aarch64__)
#define SLEEF_ONE(name, error) Sleef_finz_##name##d1_##error##purecfma
#else
#define SLEEF_ONE(name, error) Sleef_cinz_##name##d1_##error##purec
#endif

/// The type that holds several T: a member, since compilers drop a vector type's attributes in template arguments.
template <class T>
struct Simd;
template <>
struct Simd<float> {
  using Vector = FloatVector;
};
template <>
struct Simd<double> {
  using Vector = DoubleVector;
};

/// y[i] = function(inputs[i] ...), a vector at a time. A tail is padded with ones, harmless to every function here.
template <class T, class Function, class... Inputs>
void map(std::int64_t n, T* y, Function function, const Inputs*... inputs) {
  using Vector = typename Simd<T>::Vector;
  constexpr std::int64_t lanes = sizeof(Vector) / sizeof(T);
  const auto load = [](const T* from) {
    Vector v;
    std::memcpy(&v, from, sizeof v);
    return v;
  };
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Vector v = function(load(inputs + i)...);
    std::memcpy(y + i, &v, sizeof v);
  }
  if (i < n) {
    const auto load_tail = [&](const T* from) {
      T padded[lanes];
      std::fill_n(padded, lanes, T{1});
      std::memcpy(padded, from, static_cast<std::size_t>(n - i) * sizeof(T));
      return load(padded);
    };
    const Vector v = function(load_tail(inputs + i)...);
    std::memcpy(y + i, &v, static_cast<std::size_t>(n - i) * sizeof(T));
  }
}

}  // namespace

#define GIBBS_SIMD_FUNCTION(name, error)                                       \
  void name(const float* x, float* y, std::int64_t n) {                        \
    map(                                                                       \
        n, y, [](FloatVector v) { return SLEEF_FLOAT(name, error)(v); }, x);   \
  }                                                                            \
  void name(const double* x, double* y, std::int64_t n) {                      \
    map(                                                                       \
        n, y, [](DoubleVector v) { return SLEEF_DOUBLE(name, error)(v); }, x); \
  }
GIBBS_SIMD_FUNCTION(exp, u10)
GIBBS_SIMD_FUNCTION(expm1, u10)
GIBBS_SIMD_FUNCTION(log, u10)
GIBBS_SIMD_FUNCTION(sin, u10)
GIBBS_SIMD_FUNCTION(cos, u10)
GIBBS_SIMD_FUNCTION(tanh, u10)
GIBBS_SIMD_FUNCTION(erf, u10)
GIBBS_SIMD_FUNCTION(erfc, u15)
#undef GIBBS_SIMD_FUNCTION

// Correctly rounded, and so equal everywhere.
void sqrt(const float* x, float* y, std::int64_t n) {
  map(
      n, y, [](FloatVector v) { return SLEEF_SQRT_FLOAT(v); }, x);
}
void sqrt(const double* x, double* y, std::int64_t n) {
  map(
      n, y, [](DoubleVector v) { return SLEEF_SQRT_DOUBLE(v); }, x);
}

// SLEEF's log1p gives up (inf) in the last binades, from 1e38 or 1e307 on; there ln(1 + x) = ln(1 + x / 2^64) + 64
// ln 2.
void log1p(const float* x, float* y, std::int64_t n) {
  const auto log1p_vector = [](FloatVector v) {
    const auto huge = v > 1e37F;
    const FloatVector logarithm = SLEEF_FLOAT(log1p, u10)(huge ? v * 0x1p-64F : v);
    return huge ? logarithm + 0x1.62e43p+5F : logarithm;
  };
  map(n, y, log1p_vector, x);
}
void log1p(const double* x, double* y, std::int64_t n) {
  const auto log1p_vector = [](DoubleVector v) {
    const auto huge = v > 1e306;
    const DoubleVector logarithm = SLEEF_DOUBLE(log1p, u10)(huge ? v * 0x1p-64 : v);
    return huge ? logarithm + 0x1.62e42fefa39efp+5 : logarithm;
  };
  map(n, y, log1p_vector, x);
}

void pow(const float* x, const float* exponent, float* y, std::int64_t n) {
  map(
      n, y, [](FloatVector v, FloatVector e) { return SLEEF_FLOAT(pow, u10)(v, e); }, x, exponent);
}
void pow(const double* x, const double* exponent, double* y, std::int64_t n) {
  map(
      n, y, [](DoubleVector v, DoubleVector e) { return SLEEF_DOUBLE(pow, u10)(v, e); }, x, exponent);
}

}  // namespace gibbs::kernels::simd

namespace gibbs::portable {

double exp(double x) { return SLEEF_ONE(exp, u10)(x); }
double expm1(double x) { return SLEEF_ONE(expm1, u10)(x); }
double log(double x) { return SLEEF_ONE(log, u10)(x); }
double log1p(double x) { return SLEEF_ONE(log1p, u10)(x); }
double sin(double x) { return SLEEF_ONE(sin, u10)(x); }
double cos(double x) { return SLEEF_ONE(cos, u10)(x); }
double atan2(double y, double x) { return SLEEF_ONE(atan2, u10)(y, x); }
double pow(double x, double exponent) { return SLEEF_ONE(pow, u10)(x, exponent); }
double hypot(double x, double y) { return SLEEF_ONE(hypot, u05)(x, y); }

}  // namespace gibbs::portable
