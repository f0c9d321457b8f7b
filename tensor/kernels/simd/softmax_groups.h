// Softmax of a few rows at a time, for kernels that want more of a row than its softmax while it is in the cache: the
// losses on logits read the logits once, and write nothing that they do not return.
//
// The one idea: rows of ten classes are too short for vectors, so as many rows as a vector has lanes are transposed to
// lie side by side, entry k of all of them together, and every loop over rows is one vector instruction.
//
// A long row is taken alone, spread over the lanes: what is class k for rows that lie side by side, a step, are L of
// its classes. Then what was summed over steps is one of L parts of a sum over classes, and whoever sums must `gather`
// them. After that all lanes hold the row's number, as if there were L equal rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>

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

/// Rows of so many classes are spread, over lanes whose number is not a vector's width either.
inline constexpr std::int64_t kLongRow = 512;
template <class T>
inline constexpr int kSpread = 64 / sizeof(T);

/// A class as wide as T, so that lanes of them choose among lanes of T.
template <class T>
using LabelAsWideAs = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

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

/// Rows first ... first + rows - 1 of z [N, K], rows <= L. Entry k of row first + i stands at [k * L + i], and there
/// are K steps; what lies behind the last row repeats it. Or row `first` alone, spread: entry k stands at [k], and
/// there are ceil(K / L) steps; what lies behind the last entry has probability 0. softmax = exponential / total; ln
/// softmax = shifted - log_total().
template <class T, int L, bool spread>
struct SoftmaxGroup {
  std::int64_t first, rows, classes, steps;
  const T* shifted;      // [steps, L]: z - the largest z of the row
  const T* exponential;  // [steps, L]: e^shifted
  const double* total;   // [L]: the sum of exponential
  std::int64_t end;      // the thread that works on this group goes on with the rows up to here
  std::int64_t begin;    // the first row of that thread's
  double* sum;           // [kTotals]: of what write_rows was given without a place for it

  using Label = LabelAsWideAs<T>;

  /// The classes of the lanes in one step.
  Lanes<Label, L> classes_of(std::int64_t step) const {
    const auto one = repeated<L>(static_cast<Label>(spread ? step * L : step));
    return spread ? one + counted(std::make_integer_sequence<Label, L>()) : one;
  }

  /// x [L], parts of a row's sum in each lane if the row is spread, becomes the sum, in all lanes.
  template <class Number>
  void gather(Number* x) const {
    if (spread) {
      std::fill_n(x, L, std::accumulate(x, x + L, Number{}));
    }
  }

  /// y [L] = x [steps, L] summed over classes. The sums of all rows grow side by side, so that none waits for its
  /// last addition.
  void sum_classes(const T* x, double* y) const {
    constexpr int S = kSums<L>;
    Lanes<double, S> part[L / S] = {};
    for (std::int64_t k = 0; k < steps; ++k) {
      for (int s = 0; s < L / S; ++s) {
        part[s] += wide<S>(x + k * L + s * S);
      }
    }
    for (int s = 0; s < L / S; ++s) {
      lanes<S>(y + s * S) = part[s];
    }
    gather(y);
  }

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
    const std::int64_t step = spread ? 1 : L;
    for (int i = 0; i < (spread ? 1 : L); ++i) {
      if (rest[i] < kLostRest<T>) {
        double others = 0;
        for (std::int64_t at = i; at < steps * L; at += step) {
          others += shifted[at] < 0 ? static_cast<double>(exponential[at]) : 0;
        }
        rest[i] = static_cast<T>(others);
      }
    }
    if (spread) {
      std::fill_n(rest, L, rest[0]);
    }
  }

  /// y [L] = x of rows first, first + 1, ..., the last row's repeated.
  void read(const RowValues<T>& x, T* y) const {
    if (x.one_for_all) {
      lanes<L>(y) = repeated<L>(x.data[0]);
    } else if (rows == L) {
      lanes<L>(y) = lanes<L>(x.data + first);
    } else {
      std::fill(std::copy_n(x.data + first, rows, y), y + L, x.data[first + rows - 1]);
    }
  }

  /// y[first + row ...] = values, for the rows that there are. Without y, they are added to what for_softmax_groups
  /// returns: where only the sum is asked for, a million numbers need neither be written nor read again.
  void write_rows(int row, Lanes<double, kSums<L>> values, T* y) const {
    constexpr int S = kSums<L>;
    if (spread) {
      if (row == 0 && y != nullptr) {
        y[first] = static_cast<T>(values[0]);
      } else if (row == 0) {
        sum[(first - begin) % kTotals] += values[0];
      }
      return;
    }
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

  /// The same of all rows' values [L].
  void write_rows(const double* values, T* y) const {
    for (int row = 0; row < L; row += kSums<L>) {
      write_rows(row, lanes<kSums<L>>(values + row), y);
    }
  }

  /// x [steps, L], put back into rows first ... of y [N, K]. x and scratch have room() elements.
  void put_back(const T* x, T* scratch, T* y) const {
    T* place = y + first * classes;
    if (spread) {
      std::copy_n(x, classes, place);
      return;
    }
    prefetch</*to_write=*/true>(place + kGroupsAhead * L * classes, L * classes);
    if ((end - first - L) * classes >= kSquare<T>) {
      transpose_back_whole<L>(x, classes, place);
    } else {
      transpose_back<L>(x, rows, classes, scratch, place);
    }
  }

  /// Elements that an array [steps, L] needs.
  std::int64_t room() const { return whole_squares<T>(steps) * L; }

 private:
  template <Label... i>
  static Lanes<Label, L> counted(std::integer_sequence<Label, i...> /*lanes*/) {
    return Lanes<Label, L>{i...};
  }
};

namespace detail {

/// x = x - the largest of its row, exponential = e^x, total = the sum of exponential; x and exponential: [steps, L]. A
/// row that holds a NaN or +inf keeps or gets a NaN, and so does its total.
template <int L, bool spread, class T>
void shift_and_exponentiate(T* x, std::int64_t steps, T* exponential, double* total) {
  constexpr int W = std::min(L, kWidth<T>), S = kSums<W>;
  alignas(kVectorBytes) T largest[L];
  for (int i = 0; i < L; i += W) {
    Lanes<T, W> so_far = lanes<W>(x + i);
    for (std::int64_t k = 1; k < steps; ++k) {
      so_far = lanes<W>(x + k * L + i) > so_far ? lanes<W>(x + k * L + i) : so_far;
    }
    lanes<W>(largest + i) = so_far;
  }
  if (spread) {
    std::fill_n(largest, L, *std::max_element(largest, largest + L));
  }
  for (int i = 0; i < L; i += W) {
    Lanes<double, S> sum[W / S] = {};
    for (std::int64_t at = i; at < steps * L; at += L) {
      const Lanes<T, W> shifted = lanes<W>(x + at) - lanes<W>(largest + i);
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

/// Groups of L rows, or of one that is spread over L lanes.
template <class T, int L, bool spread, class Body>
double for_groups(const Tensor& z, Body& body) {
  const std::int64_t classes = z.size(1), steps = spread ? (classes + L - 1) / L : classes;
  const std::int64_t group_rows = spread ? 1 : L, multiple = spread ? 1 : kGrain;
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / (multiple * classes)) * multiple;
  const T* data = z.data<T>();
  const auto piece = [&, classes](std::int64_t begin, std::int64_t end) {
    const std::int64_t room = whole_squares<T>(steps) * L;
    const Buffer<T> memory(2 * room);
    T *shifted = memory.data(), *exponential = shifted + room;
    alignas(kVectorBytes) double total[L];
    alignas(kVectorBytes) double sum[kTotals] = {};
    for (std::int64_t first = begin; first < end; first += group_rows) {
      const std::int64_t rows = std::min(group_rows, end - first);
      const T* group = data + first * classes;
      if (spread) {
        std::fill(std::copy_n(group, classes, shifted), shifted + steps * L, -std::numeric_limits<T>::infinity());
      } else {
        prefetch</*to_write=*/false>(group + kGroupsAhead * L * classes, L * classes);
        transpose_rows<L>(group, rows, classes, z.numel() - first * classes, shifted);
      }
      shift_and_exponentiate<L, spread>(shifted, steps, exponential, total);
      const SoftmaxGroup<T, L, spread> softmax{first,       rows,  classes, steps, shifted,
                                               exponential, total, end,     begin, sum};
      softmax.gather(total);
      body(softmax);
    }
    return std::accumulate(sum, sum + kTotals, 0.0);
  };
  return parallel_reduce(0, z.size(0), grain, 0.0, piece, std::plus<>());
}

}  // namespace detail

/// body(const SoftmaxGroup<T, L, spread>&) for all rows of z [N, K] of dtype T, in parallel; L = kWidth<T>, or
/// kSpread<T> for long rows. Returns the sum of what they were given to write without a place for it (write_rows).
template <class T, class Body>
double for_softmax_groups(const Tensor& z, Body body) {
  return z.size(1) >= kLongRow ? detail::for_groups<T, kSpread<T>, /*spread=*/true>(z, body)
                               : detail::for_groups<T, kWidth<T>, /*spread=*/false>(z, body);
}

}  // namespace gibbs::kernels
