// The idea: a product is cut into tiles of the result, each tile is one single-threaded call, and tiles run in
// parallel. Where the cuts lie follows from the sizes alone, so the bits do not depend on the number of threads. Who
// makes a tile, OpenBLAS or the library's own kernel, is chosen once for the whole product.
#include "gibbs/tensor/kernels/gemm.h"

#include <algorithm>

#include "gibbs/tensor/kernels/detail/activate.h"
#include "gibbs/tensor/kernels/detail/ceil_div.h"
#include "gibbs/tensor/kernels/gemm/blas.h"
#include "gibbs/tensor/kernels/gemm/choice.h"
#include "gibbs/tensor/kernels/gemm/own.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

constexpr int64_t kPieceWork = 1 << 19;  // multiply-adds: less than this is not worth waking a thread for
constexpr int64_t kTileWork = 1 << 25;   // least multiply-adds of a tile: smaller ones pack more than they multiply
constexpr int64_t kMostTiles = 64;       // about: larger tiles of large products repack less
constexpr int64_t kColumnMultiple = 64;  // tiles end on whole cache lines and on register blocks
constexpr int64_t kRowMultiple = 16;
// A vector times a matrix waits for memory, so it is cut for much less: the matrix is then read, and kept, by the
// caches of all processors.
constexpr int64_t kVectorTileWork = 1 << 18;

template <class T>
void run(Gemm by, Transposed transposed, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b,
         int64_t ldb, T beta, T* c, int64_t ldc) {
  if (m == 0 || n == 0) {
    return;
  }
  const auto product = by == Gemm::own || k == 0 ? own::gemm<T> : blas::gemm<T>;
  product(transposed, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

/// How one m x n result is cut: halve the longer side until a tile is small enough.
struct Tiles {
  int64_t rows, columns;  // of a tile
  int64_t row_tiles, column_tiles;

  static Tiles of(int64_t m, int64_t n, int64_t k) {
    int64_t rows = std::max<int64_t>(m, 1), columns = std::max<int64_t>(n, 1);
    const int64_t enough = std::max(m == 1 ? kVectorTileWork : kTileWork, rows * columns * k / kMostTiles);
    while (rows * columns * k > enough && (rows > kRowMultiple || columns > kColumnMultiple)) {
      const bool cut_rows = columns <= kColumnMultiple || (rows > columns && rows > kRowMultiple);
      int64_t& side = cut_rows ? rows : columns;
      side = round_up(ceil_div(side, 2), cut_rows ? kRowMultiple : kColumnMultiple);
    }
    return {rows, columns, ceil_div(m, rows), ceil_div(n, columns)};
  }
  int64_t count() const { return row_tiles * column_tiles; }
};

/// Where matrix number `batch` of `result` begins in an operand whose leading axes are broadcast to it, in matrices.
int64_t broadcast_matrix(const Shape& leading, const Shape& result, int64_t batch) {
  int64_t index = 0, step = 1;
  for (int axis = -1; axis >= -result.rank(); --axis) {
    const int64_t coordinate = batch % result[axis];
    batch /= result[axis];
    if (-axis <= leading.rank() && leading[axis] != 1) {
      index += coordinate * step;
      step *= leading[axis];
    }
  }
  return index;
}

/// One product of row-major matrices, cut into tiles; `before` is called on every tile of c ahead of the product.
template <class T>
struct TiledProduct {
  Transposed transposed;
  int64_t m, n, k;
  Gemm by = choose_gemm(transposed, m, n, k);
  Tiles tiles = Tiles::of(m, n, k);

  void tile(int64_t index, const T* a, const T* b, const T* bias, T* c) const {
    const int64_t i = index / tiles.column_tiles * tiles.rows, j = index % tiles.column_tiles * tiles.columns;
    const int64_t rows = std::min(tiles.rows, m - i), columns = std::min(tiles.columns, n - j);
    const int64_t lda = transposed.a ? m : k, ldb = transposed.b ? k : n;
    T* corner = c + i * n + j;
    if (bias) {
      for (int64_t row = 0; row < rows; ++row) {
        std::copy_n(bias + j, columns, corner + row * n);
      }
    }
    run(by, transposed, rows, columns, k, a + (transposed.a ? i : i * lda), lda, b + (transposed.b ? j * ldb : j), ldb,
        bias ? T{1} : T{0}, corner, n);
  }

  /// c = f(c), of a tile.
  void activate(int64_t index, Activation activation, T* c) const {
    const int64_t i = index / tiles.column_tiles * tiles.rows, j = index % tiles.column_tiles * tiles.columns;
    for (int64_t row = i; row < std::min(i + tiles.rows, m); ++row) {
      detail::activate(activation, c + row * n + j, std::min(tiles.columns, n - j));
    }
  }

  /// Tiles that make up one piece of a parallel loop.
  int64_t grain() const {
    const int64_t work =
        std::max<int64_t>(std::min(tiles.rows, m) * std::min(tiles.columns, n) * std::max<int64_t>(k, 1), 1);
    return ceil_div(m == 1 ? kVectorTileWork / 2 : kPieceWork, work);
  }
};

void check_same_dtype(const char* op, const Tensor& a, const Tensor& b) {
  check(a.dtype() == b.dtype(), op, ": dtypes differ: ", a.dtype(), " and ", b.dtype(), "; convert one with cast");
}

}  // namespace

void gemm(Transposed transposed, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
          int64_t ldb, float beta, float* c, int64_t ldc) {
  run(choose_gemm(transposed, m, n, k), transposed, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

void gemm(Transposed transposed, int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b,
          int64_t ldb, double beta, double* c, int64_t ldc) {
  run(choose_gemm(transposed, m, n, k), transposed, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

Tensor matmul(const Tensor& a, const Tensor& b, Transposed transposed) {
  check(a.rank() >= 2 && b.rank() >= 2, "matmul: needs at least two axes on both sides: ", a.shape(), " x ", b.shape(),
        "; reshape a vector to [1, n] or [n, 1]");
  check_same_dtype("matmul", a, b);
  const int64_t m = a.size(transposed.a ? -1 : -2), k = a.size(transposed.a ? -2 : -1);
  const int64_t n = b.size(transposed.b ? -2 : -1);
  check(k == b.size(transposed.b ? -1 : -2), "matmul: inner sizes differ: ", a.shape(), transposed.a ? "^T" : "", " x ",
        b.shape(), transposed.b ? "^T" : "");
  if (a.rank() > 2 && b.rank() == 2 && !transposed.a) {
    // Many row blocks times one matrix are one tall product.
    const Shape rows = a.shape().sub(0, a.rank() - 1);
    return matmul(a.reshape({rows.numel(), k}), b, transposed).reshape(rows.followed_by({n}));
  }
  const Shape a_leading = a.shape().sub(0, a.rank() - 2), b_leading = b.shape().sub(0, b.rank() - 2);
  const Shape leading = broadcast_shapes(a_leading, b_leading, "matmul");
  Tensor c = Tensor::uninitialized(leading.followed_by({m, n}), a.dtype());
  dispatch_floating(a.dtype(), "matmul", [&](auto zero) {
    using T = decltype(zero);
    const TiledProduct<T> product{transposed, m, n, k};
    const T *a_data = a.data<T>(), *b_data = b.data<T>();
    T* c_data = c.mutable_data<T>();
    const int64_t tiles = product.tiles.count();
    parallel_for(0, leading.numel() * tiles, product.grain(), [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const int64_t batch = i / tiles;
        product.tile(i % tiles, a_data + broadcast_matrix(a_leading, leading, batch) * m * k,
                     b_data + broadcast_matrix(b_leading, leading, batch) * k * n, nullptr, c_data + batch * m * n);
      }
    });
  });
  return c;
}

Tensor dense(const Tensor& x, const Tensor& w, const Tensor& bias, Activation activation) {
  check(x.rank() == 2 && w.rank() == 2, "dense: needs x [N, in] and w [in, out], not ", x.shape(), " and ", w.shape());
  check(x.size(1) == w.size(0), "dense: x ", x.shape(), " has ", x.size(1), " features, w ", w.shape(), " takes ",
        w.size(0));
  check_same_dtype("dense", x, w);
  if (bias.defined()) {
    check(bias.shape() == Shape{w.size(1)}, "dense: bias is ", bias.shape(), ", needs [", w.size(1), "]");
    check_same_dtype("dense", x, bias);
  }
  Tensor y = Tensor::uninitialized({x.size(0), w.size(1)}, x.dtype());
  dispatch_floating(x.dtype(), "dense", [&](auto zero) {
    using T = decltype(zero);
    const TiledProduct<T> product{{}, x.size(0), w.size(1), x.size(1)};
    const T *x_data = x.data<T>(), *w_data = w.data<T>(), *bias_data = bias.defined() ? bias.data<T>() : nullptr;
    T* y_data = y.mutable_data<T>();
    parallel_for(0, product.tiles.count(), product.grain(), [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        product.tile(i, x_data, w_data, bias_data, y_data);
        product.activate(i, activation, y_data);
      }
    });
  });
  return y;
}

}  // namespace gibbs::kernels
