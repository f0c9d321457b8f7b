// The loop behind every reduction: x seen as [outer, length, inner] gives [outer, inner].
//
// One idea: `length` is cut into slices whose size depends on the shape alone; slices are reduced independently, then
// the slices' results are reduced the same way. Sums run in blocks and in double, so they are accurate and have the
// same bits on any number of threads. Knows nothing of axes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "gibbs/tensor/kernels/detail/pointwise_loop.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels::detail {

/// What accumulates elements of T in a sum or product.
template <class T>
using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

// What is reduced with: Acc<T> accumulates elements of T, `identity` changes nothing, `combine` is associative.

struct Sum {
  template <class T>
  using Acc = Accumulator<T>;
  template <class A>
  static constexpr A identity = A{0};
  template <class A>
  static A combine(A a, A b) {
    if constexpr (std::is_same_v<A, std::int64_t>) {
      return static_cast<A>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));  // wraps around
    } else {
      return a + b;
    }
  }
};

struct Product {
  template <class T>
  using Acc = Accumulator<T>;
  template <class A>
  static constexpr A identity = A{1};
  template <class A>
  static A combine(A a, A b) {
    if constexpr (std::is_same_v<A, std::int64_t>) {
      return static_cast<A>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
    } else {
      return a * b;
    }
  }
};

/// A NaN in either place wins. (| and not ||: without branches the loops become vectors.)
struct Largest {
  template <class T>
  using Acc = T;
  template <class A>
  static constexpr A identity = std::is_floating_point_v<A> ? -std::numeric_limits<A>::infinity()
                                                            : std::numeric_limits<A>::lowest();
  template <class A>
  static A combine(A a, A b) {
    return ((b > a) | is_nan(b)) ? b : a;
  }
};

struct Smallest {
  template <class T>
  using Acc = T;
  template <class A>
  static constexpr A identity = std::is_floating_point_v<A> ? std::numeric_limits<A>::infinity()
                                                            : std::numeric_limits<A>::max();
  template <class A>
  static A combine(A a, A b) {
    return ((b < a) | is_nan(b)) ? b : a;
  }
};

inline constexpr std::int64_t kReduceWidth = 512;      // columns that one accumulator array holds
inline constexpr std::int64_t kFoldedWidth = 128;      // short rows are folded into rows of about this many columns
inline constexpr std::int64_t kRowsPerBlock = 64;      // rows added before their sum is added to the total
inline constexpr std::int64_t kSliceElements = 32768;  // elements of one slice, unless that is too few rows
inline constexpr std::int64_t kSliceRows = 256;

/// term(first), ..., term(last - 1) combined in lanes that stay in vector registers, long ranges by halves.
template <class Op, class A, class Term>
A reduce_line(std::int64_t first, std::int64_t last, Term term) {
  constexpr std::int64_t lanes = 16, longest = 2048;
  if (last - first > longest) {
    const std::int64_t middle = first + (last - first) / (2 * lanes) * lanes;
    return Op::combine(reduce_line<Op, A>(first, middle, term), reduce_line<Op, A>(middle, last, term));
  }
  A result = Op::template identity<A>;
  if (last - first >= lanes) {
    A partial[lanes];
    std::fill_n(partial, lanes, result);
    for (; first + lanes <= last; first += lanes) {
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        partial[lane] = Op::combine(partial[lane], static_cast<A>(term(first + lane)));
      }
    }
    for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
      for (std::int64_t lane = 0; lane < half; ++lane) {
        partial[lane] = Op::combine(partial[lane], partial[lane + half]);
      }
    }
    result = partial[0];
  }
  for (; first < last; ++first) {
    result = Op::combine(result, static_cast<A>(term(first)));
  }
  return result;
}

template <class Op, class A, class In>
void combine_row(A* __restrict acc, const In* __restrict row, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    acc[i] = Op::combine(acc[i], static_cast<A>(row[i]));
  }
}

/// total[c] = all of x[:, c], for rows `stride` apart; at most kReduceWidth columns. `total` has room for kReduceWidth:
/// what lies behind the columns is working space.
template <class Op, class A, class In>
void reduce_rows(const In* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, A* total) {
  if (columns == 1 && stride == 1) {
    *total = reduce_line<Op, A>(0, rows, [x](std::int64_t i) { return x[i]; });
    return;
  }
  // Rows that lie one after the other can be folded: f rows of n columns are one row of f n columns, which vectorises.
  const std::int64_t fold =
      stride == columns ? std::clamp<std::int64_t>(rows, 1, std::max<std::int64_t>(1, kFoldedWidth / columns)) : 1;
  const std::int64_t width = fold * columns, wide_rows = rows / fold;
  std::array<A, kReduceWidth> block;
  std::fill_n(total, width, Op::template identity<A>);
  for (std::int64_t first = 0; first < wide_rows; first += kRowsPerBlock) {
    const std::int64_t last = std::min(first + kRowsPerBlock, wide_rows);
    std::fill_n(block.data(), width, Op::template identity<A>);
    for (std::int64_t row = first; row < last; ++row) {
      combine_row<Op>(block.data(), x + row * fold * stride, width);
    }
    combine_row<Op>(total, block.data(), width);
  }
  for (std::int64_t row = wide_rows * fold; row < rows; ++row) {
    combine_row<Op>(total, x + row * stride, columns);
  }
  for (std::int64_t f = 1; f < fold; ++f) {
    combine_row<Op>(total, total + f * columns, columns);
  }
}

/// y[o, i] = all of x[o, :, i].
template <class Op, class In, class Out>
void reduce(const In* x, Out* y, std::int64_t outer, std::int64_t length, std::int64_t inner) {
  using A = typename Op::template Acc<In>;
  if (inner == 0) {
    return;
  }
  const std::int64_t width = std::min(inner, kReduceWidth);
  const std::int64_t panels = (inner + width - 1) / width;
  const std::int64_t slice = std::max(kSliceRows, kSliceElements / width);
  const std::int64_t slices = std::max<std::int64_t>(1, (length + slice - 1) / slice);
  const std::int64_t work = std::max<std::int64_t>(1, std::min(slice, length) * width);
  const std::int64_t grain = std::max<std::int64_t>(1, kPointwiseGrain / work);

  const auto reduce_slices = [&](auto* results) {
    parallel_for(0, outer * slices * panels, grain, [&](std::int64_t first, std::int64_t last) {
      std::array<A, kReduceWidth> total;
      for (std::int64_t item = first; item < last; ++item) {
        const std::int64_t panel = item % panels, s = item / panels % slices, o = item / panels / slices;
        const std::int64_t row = s * slice, column = panel * width;
        const std::int64_t columns = std::min(width, inner - column);
        reduce_rows<Op>(x + (o * length + row) * inner + column, std::min(slice, length - row), columns, inner,
                        total.data());
        std::transform(total.begin(), total.begin() + columns, results + (o * slices + s) * inner + column,
                       [](A a) { return static_cast<std::remove_reference_t<decltype(*results)>>(a); });
      }
    });
  };
  if (slices == 1) {
    reduce_slices(y);
  } else {
    Tensor partial = Tensor::uninitialized({outer, slices, inner}, dtype_of<A>);
    A* results = partial.mutable_data<A>();
    reduce_slices(results);
    reduce<Op>(static_cast<const A*>(results), y, outer, slices, inner);
  }
}

}  // namespace gibbs::kernels::detail
