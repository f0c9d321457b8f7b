// The product is made of blocks of c that registers hold (simd/register_block.h): a few rows, up to four vectors wide.
// For each step of k a block takes one number of a for each of its rows, and one row of b, as wide as itself:
//
//                  panel
//       n ->     +--+---+--+            for each kDepth steps of k,
//   k  b         |  |   |  | kDepth       for each panel of b: pack it,
//       k ->     +--+---+--+                for each few rows of a: the block.
//     +------+   +--+---+--+
//   m |  a   |   |  |###|  |            The panel stays in the first caches, the rows of a in the second: a whole
//     +------+   +--+---+--+            product was cut into tiles before (kernels/gemm.cpp).
#include "gibbs/tensor/kernels/gemm/own.h"

#include <algorithm>

#include "gibbs/tensor/kernels/detail/buffer.h"
#include "gibbs/tensor/kernels/detail/ceil_div.h"
#include "gibbs/tensor/kernels/simd/prefetch.h"
#include "gibbs/tensor/kernels/simd/register_block.h"
#include "gibbs/tensor/kernels/simd/transpose.h"

namespace gibbs::kernels::own {
namespace {

using std::int64_t;

constexpr int64_t kDepth = 256;            // steps of k that a panel of b is kept for
constexpr int64_t kFewRows = 16;           // meet a panel too seldom to pay for packing it
constexpr int64_t kCachedBytes = 1 << 16;  // of b that are read in place: nothing drives them out of the cache

template <class T>
constexpr int64_t kPanel = direct::kMostVectors* kWidth<T>;

/// A matrix as op() has it: element (i, j) is data[i * row + j * column].
template <class T>
struct View {
  const T* data;
  int64_t row, column;

  static View of(bool transposed, const T* data, int64_t ld) {
    return transposed ? View{data, 1, ld} : View{data, ld, 1};
  }
  View at(int64_t i, int64_t j) const { return {data + i * row + j * column, row, column}; }
  bool lies_in_rows() const { return column == 1; }
};

/// Rows of `columns` numbers, one after the other, each filled up with zeros to `width`.
template <class T>
void pack_rows(const View<T>& b, int64_t depth, int64_t columns, int64_t width, T* panel) {
  for (int64_t p = 0; p < depth; ++p, panel += width) {
    std::fill(std::copy_n(b.at(p, 0).data, columns, panel), panel + width, T{0});
  }
}

/// The same of a b that lies in columns.
template <class T>
void pack_columns(const View<T>& b, int64_t depth, int64_t columns, int64_t width, T* panel) {
  transpose_matrix(b.data, b.column, columns, depth, panel, width);
  for (int64_t p = 0; p < depth; ++p) {
    std::fill(panel + p * width + columns, panel + (p + 1) * width, T{0});
  }
}

/// The product of one block of a, [rows, depth], and one panel of b, [depth, columns]: written to c, or added.
template <class T>
class PanelProduct {
 public:
  PanelProduct(const View<T>& b, int64_t depth, int64_t columns, int64_t rows)
      : columns_(columns), width_(round_up(columns, kWidth<T>)), depth_(depth), w_(b.data), w_step_(b.row) {
    const bool is_whole = b.lies_in_rows() && width_ == columns;
    const bool stays = rows <= kFewRows || depth * b.row * static_cast<int64_t>(sizeof(T)) <= kCachedBytes;
    if (!is_whole || !stays) {
      packed_ = Buffer<T>(depth * width_);
      b.lies_in_rows() ? pack_rows(b, depth, columns, width_, packed_.data())
                       : pack_columns(b, depth, columns, width_, packed_.data());
      w_ = packed_.data();
      w_step_ = width_;
    }
  }

  void run(const View<T>& a, int64_t rows, bool accumulate, T* c, int64_t ldc) const {
    if (width_ == columns_) {
      blocks(a, rows, accumulate, c, ldc);
      return;
    }
    const Buffer<T> whole(rows * width_);  // the last vector would reach beyond the rows of c
    for (int64_t i = 0; i < rows && accumulate; ++i) {
      std::copy_n(c + i * ldc, columns_, whole.data() + i * width_);
    }
    blocks(a, rows, accumulate, whole.data(), width_);
    for (int64_t i = 0; i < rows; ++i) {
      std::copy_n(whole.data() + i * width_, columns_, c + i * ldc);
    }
  }

 private:
  void blocks(const View<T>& a, int64_t rows, bool accumulate, T* c, int64_t ldc) const {
    const direct::Sum sum{.segments = 1,
                          .steps = depth_,
                          .x_segment = 0,
                          .x_place = a.row,
                          .x_step = a.column,
                          .w_segment = 0,
                          .w_step = w_step_,
                          .y_place = ldc,
                          .accumulate = accumulate};
    direct::block_rows(static_cast<int>(width_ / kWidth<T>), sum, rows, a.data, w_, c);
  }

  int64_t columns_, width_, depth_;
  const T* w_;
  int64_t w_step_;
  Buffer<T> packed_;
};

/// c [kRowVectors vectors] = (c +) a b for one row of a and a b that lies in rows. Each number of b is used once, so
/// that this waits for memory: as many chains as it takes, and b is asked for ahead of time.
constexpr int kRowVectors = 8;

template <class T>
void one_row(const View<T>& a, const View<T>& b, int64_t k, bool accumulate, T* c) {
  constexpr int W = kWidth<T>;
  constexpr int64_t kAhead = 16;  // rows of b
  Lanes<T, W> held[kRowVectors];
#pragma GCC unroll 8
  for (int j = 0; j < kRowVectors; ++j) {
    held[j] = accumulate ? lanes<W>(c + j * W) : Lanes<T, W>{};
  }
  for (int64_t p = 0; p < k; ++p) {
    const Lanes<T, W> value = repeated<W>(a.data[p * a.column]);
    const T* w = b.data + p * b.row;
    prefetch</*to_write=*/false>(w + kAhead * b.row, kRowVectors * W);
#pragma GCC unroll 8
    for (int j = 0; j < kRowVectors; ++j) {
      held[j] = fma(value, lanes<W>(w + j * W), held[j]);
    }
  }
#pragma GCC unroll 8
  for (int j = 0; j < kRowVectors; ++j) {
    lanes<W>(c + j * W) = held[j];
  }
}

/// c = beta c.
template <class T>
void scale(int64_t m, int64_t n, T beta, T* c, int64_t ldc) {
  for (int64_t i = 0; i < m; ++i) {
    std::transform(c + i * ldc, c + i * ldc + n, c + i * ldc, [beta](T x) { return beta == T{0} ? T{0} : beta * x; });
  }
}

}  // namespace

template <class T>
void gemm(Transposed transposed, int64_t m, int64_t n, int64_t k, const T* a_data, int64_t lda, const T* b_data,
          int64_t ldb, T beta, T* c, int64_t ldc) {
  if (k == 0 || (beta != T{0} && beta != T{1})) {
    scale(m, n, beta, c, ldc);
  }
  const View<T> a = View<T>::of(transposed.a, a_data, lda), b = View<T>::of(transposed.b, b_data, ldb);
  int64_t first = 0;  // column that is left
  if (m == 1 && b.lies_in_rows()) {
    for (; first + kRowVectors * kWidth<T> <= n; first += kRowVectors * kWidth<T>) {
      one_row(a, b.at(0, first), k, beta != T{0}, c + first);
    }
  }
  for (int64_t p = 0; p < k; p += kDepth) {
    const int64_t depth = std::min(kDepth, k - p);
    for (int64_t j = first; j < n; j += kPanel<T>) {
      const PanelProduct<T> panel(b.at(p, j), depth, std::min(kPanel<T>, n - j), m);
      panel.run(a.at(0, p), m, p > 0 || beta != T{0}, c + j, ldc);
    }
  }
}

template void gemm(Transposed, int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float, float*,
                   int64_t);
template void gemm(Transposed, int64_t, int64_t, int64_t, const double*, int64_t, const double*, int64_t, double,
                   double*, int64_t);

}  // namespace gibbs::kernels::own
