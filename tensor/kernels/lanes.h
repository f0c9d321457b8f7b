// A few numbers side by side, added, multiplied and compared as one: the vectors of GCC and Clang under a readable
// name. lanes<8>(x) reads x[0] ... x[7], or writes them; `a > b ? a : b` chooses lane by lane.
#pragma once

#include <cstdint>

namespace gibbs::kernels {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

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
  return __builtin_convertvector(lanes<n>(x), Lanes<double, n>);
}

/// Back from double.
template <int n, class T>
void store(const Lanes<double, n>& x, T* y) {
  lanes<n>(y) = __builtin_convertvector(x, Lanes<T, n>);
}

}  // namespace gibbs::kernels
