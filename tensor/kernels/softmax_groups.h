// Softmax of a few rows at a time, for kernels that want more of a row than its softmax while it is in the cache: the
// losses on logits read the logits once, and write nothing that they do not return.
//
// The one idea: rows of ten classes are too short for vectors, so sixteen rows are turned to lie side by side, entry k
// of all of them together, and every loop over rows is one vector instruction. Long rows are taken one by one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "gibbs/tensor/kernels/simd_math.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// Rows first ... first + rows - 1 of z [N, K], rows <= L. Entry k of row first + i stands at [k * L + i]; what lies
/// behind the last row repeats it. softmax = exponential / total; ln softmax = shifted - log_total.
template <class T, int L>
struct SoftmaxGroup {
  std::int64_t first, rows, classes;
  const T* shifted;         // [K, L]: z - the largest z of the row
  const T* exponential;     // [K, L]: e^shifted
  const double* total;      // [L]: the sum of exponential
  const double* log_total;  // [L]
};

/// y[k * L + i] = x[i * K + k]: `rows` rows of x, turned, the last one repeated up to L.
template <int L, class T>
void turn_rows(const T* x, std::int64_t rows, std::int64_t classes, T* y) {
  for (std::int64_t i = 0; i < L; ++i) {
    const T* row = x + std::min(i, rows - 1) * classes;
    for (std::int64_t k = 0; k < classes; ++k) {
      y[k * L + i] = row[k];
    }
  }
}

/// The inverse: y[i * K + k] = x[k * L + i], for the first `rows` rows.
template <int L, class T>
void turn_back(const T* x, std::int64_t rows, std::int64_t classes, T* y) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t k = 0; k < classes; ++k) {
      y[i * classes + k] = x[k * L + i];
    }
  }
}

namespace detail {

/// y = x - the largest of the row; NaN if the row holds one.
template <int L, class T>
void shift(T* x, std::int64_t classes) {
  T largest[L];
  std::fill_n(largest, L, -std::numeric_limits<T>::infinity());
  for (std::int64_t k = 0; k < classes; ++k) {
    for (int i = 0; i < L; ++i) {
      largest[i] = x[k * L + i] > largest[i] ? x[k * L + i] : largest[i];
    }
  }
  for (std::int64_t k = 0; k < classes; ++k) {
    for (int i = 0; i < L; ++i) {
      x[k * L + i] -= largest[i];
    }
  }
}

template <class T, int L, class Body>
void for_groups(const Tensor& z, Body& body) {
  const std::int64_t classes = z.size(1);
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / (L * classes)) * L;
  const T* data = z.data<T>();
  parallel_for(0, z.size(0), grain, [&, classes](std::int64_t begin, std::int64_t end) {
    std::vector<T> memory(static_cast<std::size_t>(2 * L * classes));
    T *shifted = memory.data(), *exponential = shifted + L * classes;
    double total[L], log_total[L];
    for (std::int64_t first = begin; first < end; first += L) {
      const std::int64_t rows = std::min<std::int64_t>(L, end - first);
      turn_rows<L>(data + first * classes, rows, classes, shifted);
      shift<L>(shifted, classes);
      simd::exp(shifted, exponential, L * classes);
      std::fill_n(total, L, 0.0);
      for (std::int64_t k = 0; k < classes; ++k) {
        for (int i = 0; i < L; ++i) {
          total[i] += static_cast<double>(exponential[k * L + i]);
        }
      }
      simd::log(total, log_total, L);
      body(SoftmaxGroup<T, L>{first, rows, classes, shifted, exponential, total, log_total});
    }
  });
}

}  // namespace detail

/// body(const SoftmaxGroup<T, L>&), L = 16 or 1, for all rows of z [N, K] of dtype T, in parallel.
template <class T, class Body>
void for_softmax_groups(const Tensor& z, Body body) {
  if (z.size(1) <= 512 && z.size(0) > 1) {
    detail::for_groups<T, 16>(z, body);
  } else {
    detail::for_groups<T, 1>(z, body);
  }
}

}  // namespace gibbs::kernels
