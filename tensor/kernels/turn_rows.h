// A few rows turned to lie side by side, entry k of all of them together, and turned back: then every loop over rows is
// one vector instruction, however short the rows are.
//
// A square of W x W numbers is turned by shuffling cards: cut the W rows into two packs and interleave them, number by
// number; after log2(W) such shuffles every number has gone from (row, column) to (column, row).
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gibbs/tensor/kernels/lanes.h"

namespace gibbs::kernels {

namespace detail {

/// y = a[0] b[0] a[1] b[1] ... of the lower halves of a and b, then of the upper halves.
template <class T, int W, int... i>
void interleave(const Lanes<T, W>& a, const Lanes<T, W>& b, Lanes<T, W>* y, std::integer_sequence<int, i...>) {
  y[0] = __builtin_shufflevector(a, b, (i / 2 + i % 2 * W)...);
  y[1] = __builtin_shufflevector(a, b, (W / 2 + i / 2 + i % 2 * W)...);
}

/// y[j * y_stride + i] = x[i * x_stride + j] for i, j < W.
template <int W, class T>
void turn_square(const T* x, std::int64_t x_stride, T* y, std::int64_t y_stride) {
  Lanes<T, W> cards[2][W];
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) {
    cards[0][i] = lanes<W>(x + i * x_stride);
  }
  int from = 0;
#pragma GCC unroll 4
  for (int shuffles = 1; shuffles < W; shuffles *= 2, from = 1 - from) {
#pragma GCC unroll 8
    for (int i = 0; i < W / 2; ++i) {
      interleave<T, W>(cards[from][i], cards[from][i + W / 2], &cards[1 - from][2 * i],
                       std::make_integer_sequence<int, W>());
    }
  }
#pragma GCC unroll 16
  for (int j = 0; j < W; ++j) {
    lanes<W>(y + j * y_stride) = cards[from][j];
  }
}

}  // namespace detail

/// The width of a square: a vector of the machine.
template <class T>
inline constexpr int kSquare = kWidth<T>;

/// Columns that turning may touch: the next multiple of the width of a square.
template <class T>
constexpr std::int64_t whole_squares(std::int64_t columns) {
  return (columns + kSquare<T> - 1) / kSquare<T> * kSquare<T>;
}

/// y[k * L + i] = x[i * K + k]: `rows` <= L rows of K numbers, the last one repeated up to L. x goes on for `readable`
/// numbers, and y has room for whole_squares(K) * L: where both allow it, whole squares are turned.
template <int L, class T>
void turn_rows(const T* x, std::int64_t rows, std::int64_t classes, std::int64_t readable, T* y) {
  constexpr int W = std::min(L, kSquare<T>);
  if (W > 1 && rows == L && (L - 1) * classes + whole_squares<T>(classes) <= readable) {
    for (std::int64_t k = 0; k < classes; k += W) {
      for (int i = 0; i < L; i += W) {
        detail::turn_square<W>(x + i * classes + k, classes, y + k * L + i, L);
      }
    }
    return;
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
void turn_back_whole(const T* x, std::int64_t classes, T* y) {
  constexpr int W = std::min(L, kSquare<T>);
  if (W == 1) {
    std::copy_n(x, classes, y);
    return;
  }
  // The last columns first: what a square writes behind the end of a row is written over by the squares that follow.
  for (int i = 0; i < L; i += W) {
    for (std::int64_t k = (classes - 1) / W * W; k >= 0; k -= W) {
      detail::turn_square<W>(x + k * L + i, L, y + i * classes + k, classes);
    }
  }
}

/// The same for the first `rows` rows, with nothing behind them touched; `scratch` has the room instead.
template <int L, class T>
void turn_back(const T* x, std::int64_t rows, std::int64_t classes, T* scratch, T* y) {
  turn_back_whole<L>(x, classes, scratch);
  std::copy_n(scratch, rows * classes, y);
}

}  // namespace gibbs::kernels
