// A few rows transposed to lie side by side, entry k of all of them together, and transposed back: then every loop over
// rows is one vector instruction, however short the rows are.
//
// A square of n x n numbers is transposed by shuffling cards: cut the n rows into two packs and interleave them, number
// by number; after log2(n) such shuffles every number has gone from (row, column) to (column, row). Shuffles are what a
// CPU has few of, so on the way in only the squares within 16 bytes (a piece) are transposed by shuffles: loads put
// each piece where it belongs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gibbs/tensor/kernels/simd/lanes.h"

namespace gibbs::kernels {

/// The width of a square: a vector of the machine.
template <class T>
inline constexpr int kSquare = kWidth<T>;

/// Columns that transposing may touch: the next multiple of the width of a square.
template <class T>
constexpr std::int64_t whole_squares(std::int64_t columns) {
  return (columns + kSquare<T> - 1) / kSquare<T> * kSquare<T>;
}

namespace detail {

/// Numbers of type T in 16 bytes.
template <class T>
inline constexpr int kPiece = 16 / static_cast<int>(sizeof(T));

/// y[0] = a[0] b[0] a[1] b[1] ... of the lower half of every n numbers of a and b, y[1] of the upper half.
template <class T, int W, int n, int... i>
void interleave(const Lanes<T, W>& a, const Lanes<T, W>& b, Lanes<T, W>* y, std::integer_sequence<int, i...>) {
  y[0] = __builtin_shufflevector(a, b, (i / n * n + i % n / 2 + i % 2 * W)...);
  y[1] = __builtin_shufflevector(a, b, (i / n * n + n / 2 + i % n / 2 + i % 2 * W)...);
}

/// n vectors, in which every n numbers are a row of a square: transposed. The second half of `cards` is working space.
template <int n, int W, class T>
const Lanes<T, W>* transpose_squares(Lanes<T, W> (&cards)[2][n]) {
  int from = 0;
#pragma GCC unroll 4
  for (int shuffles = 1; shuffles < n; shuffles *= 2, from = 1 - from) {
#pragma GCC unroll 8
    for (int i = 0; i < n / 2; ++i) {
      interleave<T, W, n>(cards[from][i], cards[from][i + n / 2], &cards[1 - from][2 * i],
                          std::make_integer_sequence<int, W>());
    }
  }
  return cards[from];
}

/// One vector from pieces: piece p is read from x + p * stride.
template <int W, class T>
Lanes<T, W> pieces(const T* x, std::int64_t stride) {
#if defined(__AVX512F__)
  if constexpr (W * sizeof(T) == 64) {  // spelled out, since GCC shuffles what a load can place
    const auto piece = [=](int p) { return _mm_loadu_ps(reinterpret_cast<const float*>(x + p * stride)); };
    __m512 y = _mm512_castps128_ps512(piece(0));
    y = _mm512_insertf32x4(y, piece(1), 1);
    y = _mm512_insertf32x4(y, piece(2), 2);
    y = _mm512_insertf32x4(y, piece(3), 3);
    return reinterpret_cast<Lanes<T, W>>(y);
  }
#endif
  if constexpr (W == kPiece<T>) {
    return lanes<W>(x);
  } else {
    return joined<T, W / 2>(pieces<W / 2>(x, stride), pieces<W / 2>(x + W / 2 / kPiece<T> * stride, stride),
                            std::make_integer_sequence<int, W>());
  }
}

/// y[j * y_stride + i] = x[i * x_stride + j] for i < W and j < kPiece.
template <int W, class T>
void transpose_pieces(const T* x, std::int64_t x_stride, T* y, std::int64_t y_stride) {
  constexpr int n = kPiece<T>;
  Lanes<T, W> cards[2][n];
#pragma GCC unroll 4
  for (int i = 0; i < n; ++i) {
    cards[0][i] = pieces<W>(x + i * x_stride, n * x_stride);
  }
  const Lanes<T, W>* transposed = transpose_squares<n, W, T>(cards);
#pragma GCC unroll 4
  for (int j = 0; j < n; ++j) {
    lanes<W>(y + j * y_stride) = transposed[j];
  }
}

/// y[j * y_stride + i] = x[i * x_stride + j] for i, j < W.
template <int W, class T>
void transpose_square(const T* x, std::int64_t x_stride, T* y, std::int64_t y_stride) {
  Lanes<T, W> cards[2][W];
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) {
    cards[0][i] = lanes<W>(x + i * x_stride);
  }
  const Lanes<T, W>* transposed = transpose_squares<W, W, T>(cards);
#pragma GCC unroll 16
  for (int j = 0; j < W; ++j) {
    lanes<W>(y + j * y_stride) = transposed[j];
  }
}

}  // namespace detail

/// y[j * y_stride + i] = x[i * x_stride + j] for i < rows and j < columns: squares, and then what none covers.
template <class T>
void transpose_matrix(const T* x, std::int64_t x_stride, std::int64_t rows, std::int64_t columns, T* y,
                      std::int64_t y_stride) {
  constexpr std::int64_t W = kSquare<T>;
  const std::int64_t whole_rows = rows / W * W, whole_columns = columns / W * W;
  for (std::int64_t i = 0; i < whole_rows; i += W) {
    for (std::int64_t j = 0; j < whole_columns; j += W) {
      detail::transpose_square<W>(x + i * x_stride + j, x_stride, y + j * y_stride + i, y_stride);
    }
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = i < whole_rows ? whole_columns : 0; j < columns; ++j) {
      y[j * y_stride + i] = x[i * x_stride + j];
    }
  }
}

/// y[k * L + i] = x[i * K + k]: `rows` <= L rows of K numbers, the last one repeated up to L. x goes on for `readable`
/// numbers, and y has room for whole_squares(K) * L: where both allow it, whole pieces are transposed.
template <int L, class T>
void transpose_rows(const T* x, std::int64_t rows, std::int64_t classes, std::int64_t readable, T* y) {
  constexpr int W = std::min(L, kWidth<T>), n = detail::kPiece<T>;
  const std::int64_t whole_pieces = (classes + n - 1) / n * n;
  if constexpr (W > 1) {
    if (rows == L && (L - 1) * classes + whole_pieces <= readable) {
      for (std::int64_t k = 0; k < classes; k += n) {
        for (int i = 0; i < L; i += W) {
          detail::transpose_pieces<W>(x + i * classes + k, classes, y + k * L + i, L);
        }
      }
      return;
    }
  }
  for (std::int64_t i = 0; i < L; ++i) {
    const T* row = x + std::min(i, rows - 1) * classes;
    for (std::int64_t k = 0; k < classes; ++k) {
      y[k * L + i] = row[k];
    }
  }
}

/// The inverse: y[i * K + k] = x[k * L + i] for L rows. x has room for whole_squares(K) * L; up to a vector behind the
/// rows in y is overwritten.
template <int L, class T>
void transpose_back_whole(const T* x, std::int64_t classes, T* y) {
  constexpr int W = std::min(L, kSquare<T>);
  if (W == 1) {
    std::copy_n(x, classes, y);
    return;
  }
  // The last columns first: what a square writes behind the end of a row is written over by the squares that follow.
  for (int i = 0; i < L; i += W) {
    for (std::int64_t k = (classes - 1) / W * W; k >= 0; k -= W) {
      detail::transpose_square<W>(x + k * L + i, L, y + i * classes + k, classes);
    }
  }
}

/// The same for the first `rows` rows, with nothing behind them touched; `scratch` has the room instead.
template <int L, class T>
void transpose_back(const T* x, std::int64_t rows, std::int64_t classes, T* scratch, T* y) {
  transpose_back_whole<L>(x, classes, scratch);
  std::copy_n(scratch, rows * classes, y);
}

}  // namespace gibbs::kernels
