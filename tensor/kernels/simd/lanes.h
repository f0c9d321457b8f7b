// A few numbers side by side, added, multiplied and compared as one: the vectors of GCC and Clang under a readable
// name. lanes<8>(x) reads x[0] ... x[7], or writes them; `a > b ? a : b` chooses lane by lane.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace gibbs::kernels {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

/// Whether the instruction set multiplies and adds with one rounding.
#if defined(__FMA__) || defined(__aarch64__)
inline constexpr bool kHasFma = true;
#else
inline constexpr bool kHasFma = false;
#endif

/// How many numbers of type T a vector of the machine holds.
template <class T>
inline constexpr int kWidth = kVectorBytes / static_cast<int>(sizeof(T));

namespace detail {

/// A member type, since compilers drop a vector type's attributes in template arguments.
template <class T, int n>
struct LanesOf {
  using type __attribute__((vector_size(n * sizeof(T)), aligned(alignof(T)), may_alias)) = T;
};

}  // namespace detail

/// n numbers of type T, anywhere in memory.
template <class T, int n>
using Lanes = typename detail::LanesOf<T, n>::type;

template <int n, class T>
Lanes<T, n>& lanes(T* x) {
  return *reinterpret_cast<Lanes<T, n>*>(x);
}

template <int n, class T>
const Lanes<T, n>& lanes(const T* x) {
  return *reinterpret_cast<const Lanes<T, n>*>(x);
}

/// x, n times.
template <int n, class T>
Lanes<T, n> repeated(T x) {
  return x - Lanes<T, n>{};
}

/// x[0] ... x[n - 1] in double.
template <int n, class T>
Lanes<double, n> wide(const T* x) {
#if defined(__AVX512F__)
  if constexpr (n == 8 && std::is_same_v<T, float>) {
    return _mm512_maskz_cvtps_pd(0xff, _mm256_loadu_ps(x));  // one instruction, where GCC 12 takes seven
  }
#endif
  return __builtin_convertvector(lanes<n>(x), Lanes<double, n>);
}

/// Back from double.
template <int n, class T>
void store(const Lanes<double, n>& x, T* y) {
  lanes<n>(y) = __builtin_convertvector(x, Lanes<T, n>);
}

namespace detail {

template <class T, int n, int... i>
Lanes<T, 2 * n> joined(const Lanes<T, n>& a, const Lanes<T, n>& b, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(a, b, i...);
}

}  // namespace detail

/// a b + c, rounded once, of any number of lanes; where the instruction set has nothing that does so, rounded twice.
/// The compiler fuses nothing by itself (-ffp-contract=off): what is fused here is fused on every machine that can.
#if defined(__FMA__)
inline __m128 fma(__m128 a, __m128 b, __m128 c) { return _mm_fmadd_ps(a, b, c); }
inline __m128d fma(__m128d a, __m128d b, __m128d c) { return _mm_fmadd_pd(a, b, c); }
inline __m256 fma(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
inline __m256d fma(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }
#if defined(__AVX512F__)
inline __m512 fma(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
inline __m512d fma(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }
#endif
#elif defined(__aarch64__)
inline float32x4_t fma(float32x4_t a, float32x4_t b, float32x4_t c) { return vfmaq_f32(c, a, b); }
inline float64x2_t fma(float64x2_t a, float64x2_t b, float64x2_t c) { return vfmaq_f64(c, a, b); }
#endif

namespace detail {

template <class Vector>
using Element = std::remove_cvref_t<decltype(std::declval<Vector>()[0])>;

template <int first, class Vector, int... i>
Lanes<Element<Vector>, sizeof...(i)> part(const Vector& x, std::integer_sequence<int, i...> /*lanes*/) {
  return __builtin_shufflevector(x, x, (first + i)...);
}

}  // namespace detail

template <class Vector>
Vector fma(Vector a, Vector b, Vector c) {
  using T = detail::Element<Vector>;
  constexpr int n = static_cast<int>(sizeof(Vector) / sizeof(T));
  if constexpr (!kHasFma) {
    return a * b + c;
  } else if constexpr (sizeof(Vector) > kVectorBytes) {  // of several registers
    constexpr auto half = std::make_integer_sequence<int, n / 2>();
    return detail::joined<T, n / 2>(
        fma(detail::part<0>(a, half), detail::part<0>(b, half), detail::part<0>(c, half)),
        fma(detail::part<n / 2>(a, half), detail::part<n / 2>(b, half), detail::part<n / 2>(c, half)),
        std::make_integer_sequence<int, n>());
  } else {
    for (int i = 0; i < n; ++i) {
      if constexpr (std::is_same_v<T, float>) {
        c[i] = __builtin_fmaf(a[i], b[i], c[i]);
      } else {
        c[i] = __builtin_fma(a[i], b[i], c[i]);
      }
    }
    return c;
  }
}

namespace detail {

template <class T, int first, int n, int step, class F>
Lanes<T, n> converted(const F& f) {
  if constexpr (n == step) {
    return __builtin_convertvector(f(first), Lanes<T, n>);
  } else {
    return joined<T, n / 2>(converted<T, first, n / 2, step>(f), converted<T, first + n / 2, n / 2, step>(f),
                            std::make_integer_sequence<int, n>());
  }
}

}  // namespace detail

/// y[0] ... y[n - 1] = f(0) ... f(n - 1) converted to T, where f(i) gives `step` lanes from i on. They are written as
/// one vector: what is written as two and then read as one has to wait until both are in the cache.
template <int n, int step, class T, class F>
void convert(F f, T* y) {
  lanes<n>(y) = detail::converted<T, 0, n, step>(f);
}

}  // namespace gibbs::kernels
