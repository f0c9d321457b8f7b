// Softmax of a few rows at a time, for kernels that want more of a row than its softmax while it is in the cache: the
// losses on logits read the logits once, and write nothing that they do not return.
//
// The one idea: rows of ten classes are too short for vectors, so as many rows as a vector has lanes are transposed to
// lie side by side, entry k of all of them together, and every loop over rows is one vector instruction. Of long rows
// that works, too; only where they are few are they taken one by one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>

#include "gibbs/tensor/kernels/detail/buffer.h"
#include "gibbs/tensor/kernels/simd/lanes.h"
#include "gibbs/tensor/kernels/simd/lanes_math.h"
#include "gibbs/tensor/kernels/simd/prefetch.h"
#include "gibbs/tensor/kernels/simd/transpose.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// How many of L rows one vector of doubles holds: sums over a row are kept in double, this many rows at a time.
template <int L>
inline constexpr int kSums = std::min(L, kWidth<double>);

/// Rows are added up in so many sums, row r in sum r mod kTotals, and shared out in multiples of kGrain. Neither is a
/// vector's width: the sum of a batch must not depend on the machine.
inline constexpr int kTotals = 8;
inline constexpr std::int64_t kGrain = 16;

/// A group's arithmetic is longer than a CPU looks ahead: rows that come later are asked for now, so that they are on
/// their way in the meantime.
inline constexpr std::int64_t kGroupsAhead = 4;

/// A number for each row [N], or one for all [1]; without data for an undefined tensor.
template <class T>
struct RowValues {
  explicit RowValues(const Tensor& x) {
    if (x.defined()) {
      data = x.data<T>();
      one_for_all = x.numel() == 1;
    }
  }
  const T* data = nullptr;
  bool one_for_all = false;
};

/// What a total, 1 + rest in double, no longer holds of the rest: below, a T would not be right to its last bits.
template <class T>
inline constexpr T kLostRest = static_cast<T>(sizeof(T) == 4 ? 0x1p-29 : 0x1p-10);

/// Rows first ... first + rows - 1 of z [N, K], rows <= L. Entry k of row first + i stands at [k * L + i]; what lies
/// behind the last row repeats it. softmax = exponential / total; ln softmax = shifted - log_total().
template <class T, int L>
struct SoftmaxGroup {
  std::int64_t first, rows, classes;
  const T* shifted;      // [K, L]: z - the largest z of the row
  const T* exponential;  // [K, L]: e^shifted
  const double* total;   // [L]: the sum of exponential
  std::int64_t end;      // the thread that works on this group goes on with the rows up to here
  std::int64_t begin;    // the first row of that thread's
  double* sum;           // [kTotals]: of what write_rows was given without a place for it

  /// y [L] = ln total = ln(1 + rest). The largest entry adds exactly 1 to the total, and so what T can hold of the rest
  /// is what its logarithm needs.
  void log_total(double* y) const {
    constexpr int S = kSums<L>;
    alignas(kVectorBytes) T rest[L];
    convert<L, S>([this](int i) { return lanes<S>(total + i) - 1; }, rest);
    if (*std::min_element(rest, rest + L) < kLostRest<T>) {
      add_up_rest(rest);
    }
    lanes<L>(rest) = log_of_one_plus<T, L>(lanes<L>(rest));
    for (int i = 0; i < L; i += S) {
      lanes<S>(y + i) = wide<S>(rest + i);
    }
  }

  /// rest [L] = the sum of exponential without the largest, where that is too small to be found in the total.
  void add_up_rest(T* rest) const {
    for (int i = 0; i < L; ++i) {
      if (rest[i] < kLostRest<T>) {
        double others = 0;
        for (std::int64_t at = i; at < classes * L; at += L) {
          others += shifted[at] < 0 ? static_cast<double>(exponential[at]) : 0;
        }
        rest[i] = static_cast<T>(others);
      }
    }
  }

  /// y [L] = x of rows first, first + 1, ..., the last row's repeated.
  void read(const RowValues<T>& x, T* y) const {
    if (x.one_for_all) {
      lanes<L>(y) = repeated<L>(x.data[0]);
    } else if (L == 1 || rows == L) {  // a group of one row is whole, which no compiler can know
      lanes<L>(y) = lanes<L>(x.data + first);
    } else {
      std::fill(std::copy_n(x.data + first, rows, y), y + L, x.data[first + rows - 1]);
    }
  }

  /// y[first + row ...] = values, for the rows that there are. Without y, they are added to what for_softmax_groups
  /// returns: where only the sum is asked for, a million numbers need neither be written nor read again.
  void write_rows(int row, Lanes<double, kSums<L>> values, T* y) const {
    constexpr int S = kSums<L>;
    const bool all = row + S <= rows;
    if (y != nullptr && all) {
      store<S>(values, y + first + row);
      return;
    }
    for (int j = 0; j < S; ++j) {
      if (row + j >= rows) {
        values[j] = 0;
      } else if (y != nullptr) {
        y[first + row + j] = static_cast<T>(values[j]);
      }
    }
    if (y == nullptr) {
      lanes<S>(sum + (first - begin + row) % kTotals) += values;
    }
  }

  /// x [K, L], transposed back into rows first ... of y [N, K]. x and scratch have room() elements.
  void transpose_back(const T* x, T* scratch, T* y) const {
    T* place = y + first * classes;
    prefetch</*to_write=*/true>(place + kGroupsAhead * L * classes, L * classes);
    if ((end - first - L) * classes >= kSquare<T>) {
      transpose_back_whole<L>(x, classes, place);
    } else {
      kernels::transpose_back<L>(x, rows, classes, scratch, place);
    }
  }

  /// Elements of an array [K, L] that is transposed.
  std::int64_t room() const { return whole_squares<T>(classes) * L; }
};

/// total[i] = sum_k x[k * L + i]. The sums of all rows grow side by side, so that none waits for its last addition.
template <int L, class T>
void sum_rows(const T* x, std::int64_t classes, double* total) {
  constexpr int S = kSums<L>;
  Lanes<double, S> sum[L / S] = {};
  for (std::int64_t k = 0; k < classes; ++k) {
    for (int s = 0; s < L / S; ++s) {
      sum[s] += wide<S>(x + k * L + s * S);
    }
  }
  for (int s = 0; s < L / S; ++s) {
    lanes<S>(total + s * S) = sum[s];
  }
}

namespace detail {

/// x = x - the largest of its row, exponential = e^x, total = the sum of exponential; x and exponential: [K, L]. A row
/// that holds a NaN or +inf keeps or gets a NaN, and so does its total.
template <int L, class T>
void shift_and_exponentiate(T* x, std::int64_t classes, T* exponential, double* total) {
  constexpr int W = std::min(L, kWidth<T>), S = kSums<W>;
  for (int i = 0; i < L; i += W) {
    Lanes<T, W> largest = lanes<W>(x + i);
    for (std::int64_t k = 1; k < classes; ++k) {
      largest = lanes<W>(x + k * L + i) > largest ? lanes<W>(x + k * L + i) : largest;
    }
    Lanes<double, S> sum[W / S] = {};
    for (std::int64_t at = i; at < classes * L; at += L) {
      const Lanes<T, W> shifted = lanes<W>(x + at) - largest;
      lanes<W>(x + at) = shifted;
      lanes<W>(exponential + at) = exp_of_negative<T, W>(shifted);
      for (int s = 0; s < W / S; ++s) {
        sum[s] += wide<S>(exponential + at + s * S);
      }
    }
    for (int s = 0; s < W / S; ++s) {
      lanes<S>(total + i + s * S) = sum[s];
    }
  }
}

template <class T, int L, class Body>
double for_groups(const Tensor& z, Body& body) {
  const std::int64_t classes = z.size(1), grain = std::max<std::int64_t>(1, 16384 / (kGrain * classes)) * kGrain;
  const T* data = z.data<T>();
  const auto piece = [&, classes](std::int64_t begin, std::int64_t end) {
    const std::int64_t room = whole_squares<T>(classes) * L;
    const Buffer<T> memory(2 * room);
    T *shifted = memory.data(), *exponential = shifted + room;
    alignas(kVectorBytes) double total[L];
    alignas(kVectorBytes) double sum[kTotals] = {};
    for (std::int64_t first = begin; first < end; first += L) {
      const std::int64_t rows = std::min<std::int64_t>(L, end - first);
      const T* group = data + first * classes;
      prefetch</*to_write=*/false>(group + kGroupsAhead * L * classes, L * classes);
      transpose_rows<L>(group, rows, classes, z.numel() - first * classes, shifted);
      shift_and_exponentiate<L>(shifted, classes, exponential, total);
      body(SoftmaxGroup<T, L>{first, rows, classes, shifted, exponential, total, end, begin, sum});
    }
    return std::accumulate(sum, sum + kTotals, 0.0);
  };
  return parallel_reduce(0, z.size(0), grain, 0.0, piece, std::plus<>());
}

}  // namespace detail

/// body(const SoftmaxGroup<T, L>&), L = kWidth<T> or 1, for all rows of z [N, K] of dtype T, in parallel. Returns the
/// sum of what they were given to write without a place for it (write_rows).
template <class T, class Body>
double for_softmax_groups(const Tensor& z, Body body) {
  // A few long rows would leave most of a group empty.
  if (z.size(0) >= 8 || (z.size(1) <= 512 && z.size(0) > 1)) {
    return detail::for_groups<T, kWidth<T>>(z, body);
  }
  return detail::for_groups<T, 1>(z, body);
}

}  // namespace gibbs::kernels
