// Two kinds of loops. Where numbers that share a mean lie in columns (positions > 1), rows of all channels are read one
// after the other, and every channel has sums of its own; rows of few channels are taken several at a time, so that
// there is something to do side by side. Where they lie in a row (positions = 1), a row is summed and normalised while
// it is in the cache. Pieces, and the order in which their sums are added, follow from shapes alone.
#include "gibbs/tensor/kernels/norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gibbs/tensor/kernels/detail/activate.h"
#include "gibbs/tensor/kernels/detail/norm_pieces.h"
#include "gibbs/tensor/kernels/detail/reduce_loop.h"

namespace gibbs::kernels {
namespace {

using detail::Columns;
using detail::for_each_wide_row;
using detail::Lines;
using detail::Piece;

/// Count, mean and sum of squares about the mean, of numbers that were seen. Chan, Golub and LeVeque 1979.
struct Seen {
  double count = 0, mean = 0, squares = 0;

  void add(const Seen& other) {
    const double all = count + other.count, apart = other.mean - mean;
    mean += apart * other.count / all;
    squares += other.squares + apart * apart * count * other.count / all;
    count = all;
  }
};

/// Sums of d and d^2 of every column, d = x - pivot, where the pivot is the column's first number: among n numbers one
/// lies at most sqrt(n) deviations from their mean, and so little is lost when squares are subtracted.
template <class T>
void add_about_first(const T* x, std::int64_t rows, std::int64_t width, double* sum, double* squares) {
  for (std::int64_t r = 1; r < rows; ++r) {
    const T* row = x + r * width;
    for (std::int64_t c = 0; c < width; ++c) {
      const double d = static_cast<double>(row[c]) - static_cast<double>(x[c]);
      sum[c] += d;
      squares[c] += d * d;
    }
  }
}

/// What a piece has seen of every channel.
template <class T>
void see_piece(const T* x, const Piece& p, std::int64_t channels, Seen* seen) {
  const std::int64_t width = p.fold * channels, rows = p.folded_rows();
  std::vector<double> sums(static_cast<std::size_t>(2 * width));
  double *sum = sums.data(), *squares = sum + width;
  add_about_first(x, rows, width, sum, squares);
  const auto n = static_cast<double>(rows);
  for (std::int64_t i = 0; i < width; ++i) {
    const double shift = sum[i] / n;
    const Seen column = {n, static_cast<double>(x[i]) + shift, std::max(0.0, squares[i] - sum[i] * shift)};
    seen[i % channels].add(column);
  }
  for (std::int64_t i = rows * width; i < p.rows() * channels; ++i) {  // rows that fill no wide one
    seen[i % channels].add({1, static_cast<double>(x[i]), 0});
  }
}

template <class T>
Seen see_row(const T* x, std::int64_t n) {
  const auto number = [x](std::int64_t i) { return static_cast<double>(x[i]); };
  const double pivot = number(0), count = static_cast<double>(n);
  const double mean =
      pivot + detail::reduce_line<detail::Sum, double>(0, n, [&](std::int64_t i) { return number(i) - pivot; }) / count;
  const auto square = [&](std::int64_t i) { return (number(i) - mean) * (number(i) - mean); };
  return {count, mean, detail::reduce_line<detail::Sum, double>(0, n, square)};
}

/// What was seen of every [outer, group].
template <class T>
std::vector<Seen> see_all(const T* x, const NormGeometry& g) {
  std::vector<Seen> all(static_cast<std::size_t>(g.outer * g.groups));
  if (g.positions == 1) {
    parallel_for(0, std::ssize(all), std::max<std::int64_t>(1, detail::kPieceElements / g.depth),
                 [&](std::int64_t first, std::int64_t last) {
                   for (std::int64_t i = first; i < last; ++i) {
                     all[i] = see_row(x + i * g.depth, g.depth);
                   }
                 });
    return all;
  }
  const Columns columns(g);
  std::vector<Seen> parts(static_cast<std::size_t>(columns.pieces() * columns.channels));
  columns.for_each([&](std::int64_t i, const Piece& p) {
    see_piece(x + columns.offset(p), p, columns.channels, parts.data() + i * columns.channels);
  });
  for (std::int64_t i = 0; i < std::ssize(parts); ++i) {
    const std::int64_t outer = i / columns.channels / columns.pieces_of_outer;
    all[outer * g.groups + i % columns.channels / g.depth].add(parts[i]);
  }
  return all;
}

}  // namespace

void detail::check_norm(const Tensor& x, const Epilogue& output, const NormGeometry& g) {
  check(x.numel() == g.x_shape().numel(), "normalize: x is ", x.shape(), ", its geometry ", g.x_shape());
  check_epilogue("normalize", output, g.channels(), x.dtype());
}

NormGeometry NormGeometry::of_batch(const Shape& x) {
  check(x.rank() >= 1, "normalize: needs x [..., C], not ", x);
  const std::int64_t channels = x[x.rank() - 1];
  return {1, channels == 0 ? 0 : x.numel() / channels, channels, 1};
}

NormGeometry NormGeometry::of_groups(const Shape& x, std::int64_t groups) {
  check(x.rank() >= 2, "normalize: needs x [N, ..., C], not ", x);
  const std::int64_t channels = x[x.rank() - 1];
  check(groups > 0 && channels % groups == 0, "normalize: groups must divide channels, but ", groups,
        " does not divide ", channels);
  return {x[0], x.sub(1, x.rank() - 1).numel(), groups, channels / groups};
}

NormGeometry NormGeometry::of_rows(const Shape& x, int axes) {
  check(axes >= 1 && axes <= x.rank(), "normalize: x is ", x, ", and has no ", axes, " last axes");
  return {x.sub(0, x.rank() - axes).numel(), 1, 1, x.sub(x.rank() - axes, x.rank()).numel()};
}

Moments moments(const Tensor& x, const NormGeometry& g, bool centered) {
  detail::check_norm(x, {}, g);
  Moments result = {Tensor::zeros(g.moments_shape(), DType::float64), Tensor::zeros(g.moments_shape(), DType::float64)};
  if (x.numel() == 0) {
    return result;
  }
  dispatch_floating(x.dtype(), "normalize", [&](auto zero) {
    auto *mean = result.mean.mutable_data<double>(), *var = result.var.mutable_data<double>();
    for (const Seen& seen : see_all(x.data<decltype(zero)>(), g)) {
      *mean++ = centered ? seen.mean : 0;
      *var++ = seen.squares / seen.count + (centered ? 0 : seen.mean * seen.mean);
    }
  });
  return result;
}

Tensor normalize(const Tensor& x, const Moments& moments, const Epilogue& output, const NormGeometry& g,
                 double epsilon) {
  detail::check_norm(x, output, g);
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  if (x.numel() == 0) {
    return y;
  }
  dispatch_floating(x.dtype(), "normalize", [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    const detail::Affine<T> affine(moments, output, g, epsilon);
    if (g.positions == 1) {
      parallel_for(0, g.outer * g.groups, std::max<std::int64_t>(1, detail::kPieceElements / g.depth),
                   [&](std::int64_t first, std::int64_t last) {
                     for (std::int64_t i = first; i < last; ++i) {
                       affine.row(i, from + i * g.depth, to + i * g.depth);
                       detail::activate(output.activation, to + i * g.depth, g.depth);
                     }
                   });
      return;
    }
    const Columns columns(g);
    columns.for_each([&](std::int64_t, const Piece& p) {
      const Lines<T> lines = affine.lines(p);
      for_each_wide_row(p, columns.channels, [&, offset = columns.offset(p)](std::int64_t begin, std::int64_t n) {
        lines.apply(from + offset + begin, n, to + offset + begin);
        detail::activate(output.activation, to + offset + begin, n);
      });
    });
  });
  return y;
}

}  // namespace gibbs::kernels
