// Softmax of a few rows at a time, for kernels that want more of a row than its softmax while it is in the cache: the
// losses on logits read the logits once, and write nothing that they do not return.
//
// The one idea: rows of ten classes are too short for vectors, so sixteen rows are turned to lie side by side, entry k
// of all of them together, and every loop over rows is one vector instruction. Of long rows that works, too; only where
// they are few are they taken one by one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "gibbs/tensor/kernels/lanes.h"
#include "gibbs/tensor/kernels/simd_math.h"
#include "gibbs/tensor/kernels/turn_rows.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/storage.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// How many of L rows one vector of doubles holds: sums over a row are kept in double, this many rows at a time.
template <int L>
inline constexpr int kSums = std::min(L, 8);

/// Rows first ... first + rows - 1 of z [N, K], rows <= L. Entry k of row first + i stands at [k * L + i]; what lies
/// behind the last row repeats it. softmax = exponential / total; ln softmax = shifted - log_total().
template <class T, int L>
struct SoftmaxGroup {
  std::int64_t first, rows, classes;
  const T* shifted;      // [K, L]: z - the largest z of the row
  const T* exponential;  // [K, L]: e^shifted
  const double* total;   // [L]: the sum of exponential
  std::int64_t end;      // the thread that works on this group goes on with the rows up to here

  /// y [L] = ln total = ln(1 + rest). The largest entry adds exactly 1 to the total, and so what T can hold of the rest
  /// is what its logarithm needs: ln(1 + rest) = ln(u) rest / (u - 1) for u = 1 + rest, rounded (Kahan).
  void log_total(double* y) const {
    using V = Lanes<T, L>;
    alignas(kVectorBytes) T rest[L], u[L], log_u[L];
    convert<L, kSums<L>>([this](int i) { return lanes<kSums<L>>(total + i) - 1; }, rest);
    const V rounded = 1 + lanes<L>(rest), without_one = rounded - 1;
    lanes<L>(u) = rounded;
    simd::log(u, log_u, L);
    const V log_total = lanes<L>(log_u) * (lanes<L>(rest) / without_one);
    lanes<L>(rest) = without_one == 0 ? lanes<L>(rest) : log_total;
    std::copy_n(rest, L, y);
  }

  /// y [L] = x[first], x[first + 1], ..., the last row's repeated, for x [N]; for x [1], x[0].
  void read(const Tensor& x, T* y) const {
    const T* from = x.data<T>();
    if (x.numel() == 1) {
      std::fill_n(y, L, from[0]);
    } else {
      std::fill(std::copy_n(from + first, rows, y), y + L, from[first + rows - 1]);
    }
  }

  /// y[first + row ...] = sums, for the rows that there are.
  void write_rows(int row, const Lanes<double, kSums<L>>& sums, T* y) const {
    if (rows == L) {
      store<kSums<L>>(sums, y + first + row);
      return;
    }
    T values[kSums<L>];
    store<kSums<L>>(sums, values);
    for (int j = 0; j < kSums<L> && row + j < rows; ++j) {
      y[first + row + j] = values[j];
    }
  }

  /// x [K, L], turned back into rows first ... of y [N, K]. x and scratch have room() elements.
  void turn_back(const T* x, T* scratch, T* y) const {
    T* place = y + first * classes;
    if ((end - first - L) * classes >= kSquare<T>) {
      turn_back_whole<L>(x, classes, place);
    } else {
      kernels::turn_back<L>(x, rows, classes, scratch, place);
    }
  }

  /// Elements of an array [K, L] that is turned.
  std::int64_t room() const { return whole_squares<T>(classes) * L; }
};

/// total[i] = sum_k x[k * L + i].
template <int L, class T>
void sum_rows(const T* x, std::int64_t classes, double* total) {
  for (int i = 0; i < L; i += kSums<L>) {
    Lanes<double, kSums<L>> sum = {};
    for (std::int64_t k = 0; k < classes; ++k) {
      sum += wide<kSums<L>>(x + k * L + i);
    }
    lanes<kSums<L>>(total + i) = sum;
  }
}

namespace detail {

/// y = x - the largest of the row. A row that holds a NaN or +inf keeps or gets a NaN, and so does its total.
template <int L, class T>
void shift(T* x, std::int64_t classes) {
  Lanes<T, L> largest = lanes<L>(x);
  for (std::int64_t k = 1; k < classes; ++k) {
    largest = lanes<L>(x + k * L) > largest ? lanes<L>(x + k * L) : largest;
  }
  for (std::int64_t k = 0; k < classes; ++k) {
    lanes<L>(x + k * L) -= largest;
  }
}

template <class T, int L, class Body>
void for_groups(const Tensor& z, Body& body) {
  const std::int64_t classes = z.size(1), grain = std::max<std::int64_t>(1, 16384 / (L * classes)) * L;
  const T* data = z.data<T>();
  parallel_for(0, z.size(0), grain, [&, classes](std::int64_t begin, std::int64_t end) {
    const std::int64_t room = whole_squares<T>(classes) * L;
    const Storage memory(static_cast<std::size_t>(2 * room) * sizeof(T));
    T *shifted = reinterpret_cast<T*>(memory.bytes()), *exponential = shifted + room;
    alignas(kVectorBytes) double total[L];
    for (std::int64_t first = begin; first < end; first += L) {
      const std::int64_t rows = std::min<std::int64_t>(L, end - first);
      turn_rows<L>(data + first * classes, rows, classes, z.numel() - first * classes, shifted);
      shift<L>(shifted, classes);
      simd::exp(shifted, exponential, L * classes);
      sum_rows<L>(exponential, classes, total);
      body(SoftmaxGroup<T, L>{first, rows, classes, shifted, exponential, total, end});
    }
  });
}

}  // namespace detail

/// body(const SoftmaxGroup<T, L>&), L = 16 or 1, for all rows of z [N, K] of dtype T, in parallel.
template <class T, class Body>
void for_softmax_groups(const Tensor& z, Body body) {
  // A few long rows would leave most of a group empty.
  if (z.size(0) >= 8 || (z.size(1) <= 512 && z.size(0) > 1)) {
    detail::for_groups<T, 16>(z, body);
  } else {
    detail::for_groups<T, 1>(z, body);
  }
}

}  // namespace gibbs::kernels
