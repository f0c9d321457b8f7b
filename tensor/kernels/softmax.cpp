// Softmax and its relatives, a block of rows at a time: the block stays in the first cache while several short passes
// go over it, each of which vectorises. Rows along another axis than the last are gathered, computed and put back.
#include "gibbs/tensor/kernels/softmax.h"

#include <algorithm>
#include <array>
#include <vector>

#include "gibbs/tensor/kernels/detail/pointwise_loop.h"
#include "gibbs/tensor/kernels/detail/reduce_loop.h"
#include "gibbs/tensor/kernels/simd/simd_math.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

constexpr std::int64_t kBlockElements = 4096;
constexpr std::int64_t kNeighbours = 16;  // rows gathered together: a cache line of float32

/// x seen as [outer, length, inner]; a row is x[o, :, i].
struct Rows {
  Rows(const char* op, const Shape& shape, int axis) {
    const int at = normalize_axis(axis, shape.rank(), op);
    count = shape.without(at).numel();
    length = shape[at];
    inner = shape.sub(at + 1, shape.rank()).numel();
  }
  std::int64_t first_element(std::int64_t row) const { return row / inner * length * inner + row % inner; }

  std::int64_t count, length, inner;
};

/// Calls copy(element of x, element of the buffer) for n rows gathered one after the other in a buffer; rows that are
/// neighbours in x go together, since they share cache lines.
template <class Copy>
void pair_elements(const Rows& rows, std::int64_t first, std::int64_t n, Copy copy) {
  std::array<std::int64_t, kNeighbours> begin;
  for (std::int64_t r = 0; r < n; r += kNeighbours) {
    const std::int64_t together = std::min(kNeighbours, n - r);
    for (std::int64_t i = 0; i < together; ++i) {
      begin[i] = rows.first_element(first + r + i);
    }
    for (std::int64_t k = 0; k < rows.length; ++k) {
      for (std::int64_t i = 0; i < together; ++i) {
        copy(begin[i] + k * rows.inner, (r + i) * rows.length + k);
      }
    }
  }
}

/// kernel(a, b, y, n, length) on blocks of n contiguous rows; y has the shape of a. A kernel of one operand gets it as
/// b too.
template <class Kernel>
Tensor for_row_blocks(const char* op, const Tensor& a, const Tensor& b, int axis, Kernel kernel) {
  detail::check_operands(op, a, b);
  check(a.shape() == b.shape(), op, ": y is ", a.shape(), ", dy is ", b.shape(), "; they must be equal");
  const Rows rows(op, a.shape(), axis);
  const std::int64_t block =
      std::max(rows.inner == 1 ? 1 : kNeighbours, kBlockElements / std::max<std::int64_t>(1, rows.length));
  return dispatch_floating(a.dtype(), op, [&](auto zero) {
    using T = decltype(zero);
    Tensor result = Tensor::uninitialized(a.shape(), a.dtype());
    const T *from_a = a.data<T>(), *from_b = b.data<T>();
    T* to = result.mutable_data<T>();
    parallel_for(0, result.numel() > 0 ? rows.count : 0, block, [&](std::int64_t first, std::int64_t last) {
      const std::int64_t n = last - first, begin = first * rows.length;
      if (rows.inner == 1) {
        kernel(from_a + begin, from_b + begin, to + begin, n, rows.length);
        return;
      }
      const std::int64_t elements = n * rows.length;
      std::vector<T> buffer(static_cast<std::size_t>(3 * elements));
      T *block_a = buffer.data(), *block_b = block_a + elements, *block_y = block_b + elements;
      pair_elements(rows, first, n, [=](std::int64_t i, std::int64_t j) {
        block_a[j] = from_a[i];
        block_b[j] = from_b[i];
      });
      kernel(block_a, block_b, block_y, n, rows.length);
      pair_elements(rows, first, n, [=](std::int64_t i, std::int64_t j) { to[i] = block_y[j]; });
    });
    return result;
  });
}

/// sum_k term(k), added in double.
template <class Term>
double row_sum(std::int64_t n, Term term) {
  return detail::reduce_line<detail::Sum, double>(0, n, term);
}

template <class T>
T row_max(const T* x, std::int64_t n) {
  return detail::reduce_line<detail::Largest, T>(0, n, [x](std::int64_t k) { return x[k]; });
}

/// y = e^{x - max of the row}, for all rows of a block.
template <class T>
void exp_shifted(const T* x, T* y, std::int64_t rows, std::int64_t length) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const T* row = x + r * length;
    const T largest = row_max(row, length);
    for (std::int64_t k = 0; k < length; ++k) {
      y[r * length + k] = row[k] - largest;
    }
  }
  simd::exp(y, y, rows * length);
}

}  // namespace

Tensor softmax(const Tensor& x, int axis) {
  const auto kernel = [](const auto* a, const auto*, auto* y, std::int64_t n, std::int64_t length) {
    exp_shifted(a, y, n, length);
    for (auto* row = y; row != y + n * length; row += length) {
      using T = std::remove_reference_t<decltype(*row)>;
      const T total = static_cast<T>(row_sum(length, [row](std::int64_t k) { return row[k]; }));
      for (std::int64_t k = 0; k < length; ++k) {
        row[k] /= total;
      }
    }
  };
  return for_row_blocks("softmax", x, x, axis, kernel);
}

Tensor log_softmax(const Tensor& x, int axis) {
  const auto kernel = [](const auto* a, const auto*, auto* y, std::int64_t n, std::int64_t length) {
    exp_shifted(a, y, n, length);
    std::array<double, kBlockElements> log_total;  // a block has at most so many rows
    // The largest term is the 1 of log1p, beside which the others would be rounded away.
    for (std::int64_t r = 0; r < n; ++r) {
      auto* e = y + r * length;
      e[std::max_element(a + r * length, a + (r + 1) * length) - (a + r * length)] -= 1;
      log_total[r] = row_sum(length, [e](std::int64_t k) { return e[k]; });
    }
    simd::log1p(log_total.data(), log_total.data(), n);
    for (std::int64_t r = 0; r < n; ++r) {
      const auto* row = a + r * length;
      using T = std::remove_cvref_t<decltype(*row)>;
      const T largest = row_max(row, length), log_sum = static_cast<T>(log_total[r]);
      for (std::int64_t k = 0; k < length; ++k) {
        y[r * length + k] = (row[k] - largest) - log_sum;
      }
    }
  };
  return for_row_blocks("log_softmax", x, x, axis, kernel);
}

Tensor softmax_dx(const Tensor& y, const Tensor& dy, int axis) {
  const auto kernel = [](const auto* p, const auto* d, auto* dx, std::int64_t n, std::int64_t length) {
    for (std::int64_t r = 0; r < n; ++r, p += length, d += length, dx += length) {
      using T = std::remove_cvref_t<decltype(*p)>;
      const T mean = static_cast<T>(
          row_sum(length, [=](std::int64_t k) { return static_cast<double>(d[k]) * static_cast<double>(p[k]); }));
      for (std::int64_t k = 0; k < length; ++k) {
        dx[k] = p[k] * (d[k] - mean);
      }
    }
  };
  return for_row_blocks("softmax_dx", y, dy, axis, kernel);
}

Tensor log_softmax_dx(const Tensor& y, const Tensor& dy, int axis) {
  const auto kernel = [](const auto* log_p, const auto* d, auto* dx, std::int64_t n, std::int64_t length) {
    simd::exp(log_p, dx, n * length);
    for (std::int64_t r = 0; r < n; ++r, d += length, dx += length) {
      using T = std::remove_cvref_t<decltype(*d)>;
      const T total = static_cast<T>(row_sum(length, [=](std::int64_t k) { return d[k]; }));
      for (std::int64_t k = 0; k < length; ++k) {
        dx[k] = d[k] - dx[k] * total;
      }
    }
  };
  return for_row_blocks("log_softmax_dx", y, dy, axis, kernel);
}

}  // namespace gibbs::kernels
