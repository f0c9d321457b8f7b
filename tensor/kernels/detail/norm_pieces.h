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

inline double reciprocal_deviation(double var, double epsilon) { return 1 / std::sqrt(var + epsilon); }

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

template <class T>
double number_or(const T* numbers, std::int64_t i, double otherwise) {
  return numbers == nullptr ? otherwise : static_cast<double>(numbers[i]);
}

template <class T>
const T* data_or_null(const Tensor& x) {
  return x.defined() ? x.data<T>() : nullptr;
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
  const T* high() const { return numbers.data(); }
  const T* factor() const { return high() + width; }
  const T* rest() const { return factor() + width; }

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

/// Throws unless x, scale and shift fit the geometry.
void check_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, const NormGeometry& geometry);

}  // namespace gibbs::kernels::detail
