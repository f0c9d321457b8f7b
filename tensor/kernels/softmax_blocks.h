// Softmax of a block of rows at a time, for kernels that want more of a row than its softmax while it is in the cache:
// the losses on logits read the logits once, and write nothing that they do not return.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gibbs/tensor/kernels/reduce_loop.h"
#include "gibbs/tensor/kernels/simd_math.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// Rows first ... first + rows - 1 of z [N, K]; softmax(z)_k = exponential_k / total, its logarithm shifted_k -
/// log_total.
template <class T>
struct SoftmaxBlock {
  std::int64_t first, rows, classes;
  const T* shifted;         // [rows, K]: z - the largest z of the row
  const T* exponential;     // [rows, K]: e^shifted
  const double* total;      // [rows]: the sum of exponential
  const double* log_total;  // [rows]
};

namespace detail {

/// The largest of a row; a NaN wins.
template <class T>
T largest_of(const T* x, std::int64_t n) {
  return reduce_line<Largest, T>(0, n, [x](std::int64_t k) { return x[k]; });
}

template <class T>
double total_of(const T* x, std::int64_t n) {
  return reduce_line<Sum, double>(0, n, [x](std::int64_t k) { return x[k]; });
}

}  // namespace detail

/// body(const SoftmaxBlock<T>&) for all rows of z [N, K] of dtype T, in parallel. A block fits the first cache, unless
/// one row does not.
template <class T, class Body>
void for_softmax_blocks(const Tensor& z, Body body) {
  constexpr std::int64_t block_elements = 2048;
  const std::int64_t classes = z.size(1), block = std::max<std::int64_t>(1, block_elements / classes);
  const T* data = z.data<T>();
  parallel_for(0, z.size(0), block, [&, classes](std::int64_t first, std::int64_t last) {
    const std::int64_t rows = last - first;
    std::vector<T> values(static_cast<std::size_t>(2 * rows * classes));
    std::vector<double> totals(static_cast<std::size_t>(2 * rows));
    T *shifted = values.data(), *exponential = shifted + rows * classes;
    double *total = totals.data(), *log_total = total + rows;
    for (std::int64_t r = 0; r < rows; ++r) {
      const T* row = data + (first + r) * classes;
      const T largest = detail::largest_of(row, classes);
      for (std::int64_t k = 0; k < classes; ++k) {
        shifted[r * classes + k] = row[k] - largest;
      }
    }
    simd::exp(shifted, exponential, rows * classes);
    for (std::int64_t r = 0; r < rows; ++r) {
      total[r] = detail::total_of(exponential + r * classes, classes);
    }
    simd::log(total, log_total, rows);
    body(SoftmaxBlock<T>{first, rows, classes, shifted, exponential, total, log_total});
  });
}

}  // namespace gibbs::kernels
