// The three small matrices of Winograd's F(2 x 2, 3 x 3) and their transposes, on vectors of channels or filters: each
// is a few additions. See winograd.h for what they are for.
#pragma once

#include <cstdint>

#include "gibbs/tensor/kernels/simd/lanes.h"

namespace gibbs::kernels::winograd {

template <class T>
using Vector = Lanes<T, kWidth<T>>;

template <class T>
Vector<T>& vector_at(T* x) {
  return lanes<kWidth<T>>(x);
}
template <class T>
const Vector<T>& vector_at(const T* x) {
  return lanes<kWidth<T>>(x);
}

// The transforms, on one column v[0], v[1], ... of vectors, result in place. A matrix's transpose undoes no transform:
// it sends gradients back through it.

/// B^T v: 4 -> 4.
template <class T>
void apply_b(Vector<T>& v0, Vector<T>& v1, Vector<T>& v2, Vector<T>& v3) {
  const Vector<T> a = v0 - v2, b = v1 + v2, c = v2 - v1, d = v1 - v3;
  v0 = a, v1 = b, v2 = c, v3 = d;
}
template <class T>
void apply_b_transposed(Vector<T>& v0, Vector<T>& v1, Vector<T>& v2, Vector<T>& v3) {
  const Vector<T> b = v1 - v2 + v3, c = v1 + v2 - v0;
  v1 = b, v2 = c, v3 = -v3;
}
/// A^T v: 4 -> 2.
template <class T>
void apply_a(Vector<T>& v0, Vector<T>& v1, Vector<T>& v2, Vector<T>& v3) {
  const Vector<T> a = v0 + v1 + v2, b = v1 - v2 - v3;
  v0 = a, v1 = b;
}
/// 2 -> 4.
template <class T>
void apply_a_transposed(Vector<T>& v0, Vector<T>& v1, Vector<T>& v2, Vector<T>& v3) {
  v2 = v0 - v1, v3 = -v1, v1 = v0 + v1;
}
/// G v: 3 -> 4.
template <class T>
void apply_g(Vector<T>& v0, Vector<T>& v1, Vector<T>& v2, Vector<T>& v3) {
  const Vector<T> sum = (v0 + v2) / 2, half = v1 / 2;
  v3 = v2, v1 = sum + half, v2 = sum - half;
}
/// 4 -> 3.
template <class T>
void apply_g_transposed(Vector<T>& v0, Vector<T>& v1, Vector<T>& v2, Vector<T>& v3) {
  const Vector<T> sum = (v1 + v2) / 2, difference = (v1 - v2) / 2;
  v0 = v0 + sum, v1 = difference, v2 = sum + v3;
}

/// One of them, for T. It is named, not deduced, wherever it is used: a deduced vector type loses its alignment.
template <class T>
using Transform = void (*)(Vector<T>&, Vector<T>&, Vector<T>&, Vector<T>&);

/// Applies a transform to `columns` columns of a square, then to `rows` rows.
template <class T>
[[gnu::always_inline]] inline void on_columns_then_rows(Vector<T> (&v)[4][4], int columns, int rows,
                                                        Transform<T> transform) {
#pragma GCC unroll 4
  for (int j = 0; j < columns; ++j) {
    transform(v[0][j], v[1][j], v[2][j], v[3][j]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < rows; ++i) {
    transform(v[i][0], v[i][1], v[i][2], v[i][3]);
  }
}

/// The 4 x 4 vectors x[p * plane], p = 4 i + j; or writes them.
template <class T>
[[gnu::always_inline]] inline void load(const T* x, std::int64_t plane, Vector<T> (&v)[4][4]) {
#pragma GCC unroll 16
  for (int p = 0; p < 16; ++p) {
    v[p / 4][p % 4] = vector_at(x + p * plane);
  }
}
template <class T>
[[gnu::always_inline]] inline void store(const Vector<T> (&v)[4][4], T* x, std::int64_t plane) {
#pragma GCC unroll 16
  for (int p = 0; p < 16; ++p) {
    vector_at(x + p * plane) = v[p / 4][p % 4];
  }
}

}  // namespace gibbs::kernels::winograd
