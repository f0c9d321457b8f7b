// What the two passes of normalisation and its gradient share: how x is cut into pieces, and the line that a channel's
// numbers are sent through.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "gibbs/tensor/kernels/detail/ceil_div.h"
#include "gibbs/tensor/kernels/norm.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels::detail {

inline constexpr std::int64_t kPieceElements = 1 << 15;  // of x, in one piece of a parallel loop
inline constexpr std::int64_t kWide = 64;                // channels from which a row is wide enough by itself

/// Rows of a piece: [first, last) of the positions of one outer index. Rows of few channels are folded into wide ones.
struct Piece {
  std::int64_t outer, first, last, fold;

  std::int64_t rows() const { return last - first; }
  std::int64_t folded_rows() const { return rows() / fold; }
};

/// The pieces of x by columns.
struct Columns {
  explicit Columns(const NormGeometry& geometry)
      : g(geometry),
        channels(g.channels()),
        rows_of_piece(std::max<std::int64_t>(1, kPieceElements / channels)),
        pieces_of_outer(ceil_div(g.positions, rows_of_piece)) {}

  std::int64_t pieces() const { return g.outer * pieces_of_outer; }
  Piece piece(std::int64_t index) const {
    const std::int64_t first = index % pieces_of_outer * rows_of_piece;
    const std::int64_t last = std::min(first + rows_of_piece, g.positions);
    return {index / pieces_of_outer, first, last, std::clamp<std::int64_t>(kWide / channels, 1, last - first)};
  }
  std::int64_t offset(const Piece& p) const { return (p.outer * g.positions + p.first) * channels; }
  /// of(piece index, piece) for all pieces, side by side.
  template <class F>
  void for_each(F of) const {
    parallel_for(0, pieces(), 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        of(i, piece(i));
      }
    });
  }

  NormGeometry g;
  std::int64_t channels, rows_of_piece, pieces_of_outer;
};

/// y = (x - high) factor + rest, for one channel of an outer index. The mean is subtracted in two parts: `high` in x's
/// dtype, what it lacks in `rest`; beside a large mean one part would lose what matters.
template <class T>
struct Line {
  T high, factor, rest;
};

template <class T>
Line<T> line(double mean, double factor, double rest) {
  const T high = static_cast<T>(mean);
  return {high, static_cast<T>(factor), static_cast<T>(rest - (mean - static_cast<double>(high)) * factor)};
}

/// Three numbers for every column of a piece's wide rows, one array each.
template <class T>
struct Lines {
  /// line_of(channel) is a Line.
  template <class LineOf>
  Lines(const Piece& p, std::int64_t channels, LineOf line_of) : width(p.fold * channels), numbers(3 * width) {
    for (std::int64_t i = 0; i < width; ++i) {
      const Line<T> l = line_of(i % channels);
      numbers[i] = l.high;
      numbers[width + i] = l.factor;
      numbers[2 * width + i] = l.rest;
    }
  }
  /// The first n numbers of a wide row.
  void apply(const T* x, std::int64_t n, T* y) const {
    const T *high = numbers.data(), *factor = high + width, *rest = factor + width;
    for (std::int64_t i = 0; i < n; ++i) {
      y[i] = (x[i] - high[i]) * factor[i] + rest[i];
    }
  }

  std::int64_t width;
  std::vector<T> numbers;
};

/// of(first element, how many) for every wide row of a piece, and for what is left at its end.
template <class F>
void for_each_wide_row(const Piece& p, std::int64_t channels, F of) {
  const std::int64_t width = p.fold * channels, elements = p.rows() * channels;
  for (std::int64_t begin = 0; begin < elements; begin += width) {
    of(begin, std::min(width, elements - begin));
  }
}

/// n scale + shift: what both passes need of x's numbers.
template <class T>
class Affine {
 public:
  Affine(const Moments& moments, const Epilogue& output, const NormGeometry& geometry, double epsilon)
      : g_(geometry),
        mean_(moments.mean.data<double>()),
        scale_(numbers_or(output.scale, T{1})),
        shift_(numbers_or(output.shift, T{0})),
        r_(static_cast<std::size_t>(geometry.outer * geometry.groups)) {
    const double* var = moments.var.data<double>();
    std::transform(var, var + r_.size(), r_.begin(), [=](double v) { return 1 / std::sqrt(v + epsilon); });
  }

  std::int64_t group_of(std::int64_t outer, std::int64_t channel) const {
    return outer * g_.groups + channel / g_.depth;
  }
  double mean(std::int64_t group) const { return mean_[group]; }
  /// 1 / sqrt(var + epsilon).
  double r(std::int64_t group) const { return r_[group]; }
  T scale(std::int64_t channel) const { return scale_[channel]; }

  /// By columns: of a piece's wide rows.
  Lines<T> lines(const Piece& p) const {
    return Lines<T>(p, g_.channels(), [&](std::int64_t c) {
      const std::int64_t group = group_of(p.outer, c);
      return line<T>(mean_[group], r_[group] * static_cast<double>(scale_[c]), static_cast<double>(shift_[c]));
    });
  }
  /// By rows: of the numbers of one group.
  void row(std::int64_t group, const T* x, T* y) const {
    const Line<T> l = line<T>(mean_[group], r_[group], 0);
    const T *scale = scale_.data() + group % g_.groups * g_.depth, *shift = shift_.data() + (scale - scale_.data());
    for (std::int64_t i = 0; i < g_.depth; ++i) {
      const T n = (x[i] - l.high) * l.factor + l.rest;
      y[i] = n * scale[i] + shift[i];
    }
  }

 private:
  std::vector<T> numbers_or(const Tensor& part, T otherwise) const {
    std::vector<T> numbers(static_cast<std::size_t>(g_.channels()), otherwise);
    if (part.defined()) {
      std::copy_n(part.data<T>(), numbers.size(), numbers.begin());
    }
    return numbers;
  }

  NormGeometry g_;
  const double* mean_;
  std::vector<T> scale_, shift_;
  std::vector<double> r_;  // of every [outer, group]
};

/// Throws unless x, scale and shift fit the geometry.
void check_norm(const Tensor& x, const Epilogue& output, const NormGeometry& geometry);

}  // namespace gibbs::kernels::detail
