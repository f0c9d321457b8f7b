// The loop behind every pointwise kernel: broadcasting, threads and vectorisation, written once.
//
// One idea: after axes that can be walked together are merged, along the innermost axis an operand either advances with
// the result (stride 1) or stands still (stride 0). Those two are template arguments, so the compiler vectorises the
// innermost loop; an odometer moves over the other axes. Knows nothing of what a kernel computes.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels::detail {

inline constexpr int kMaxOperands = 3;
using Offsets = std::array<std::int64_t, kMaxOperands>;

/// Elements of one piece of the parallel loop.
inline constexpr std::int64_t kPointwiseGrain = 16384;

/// How operands of given shapes are walked in the order of the result's elements.
struct Walk {
  Walk(const Shape& result, std::initializer_list<Shape> operands);

  int rank = 0;            // after merging; at least 1
  std::int64_t numel = 0;  // of the result
  std::array<std::int64_t, Shape::kMaxRank> size{};
  std::array<Offsets, Shape::kMaxRank> stride{};  // [axis][operand]: 0 where the operand is repeated
};

/// Steps through the elements [first, last) of the result in runs that stay inside one row of the innermost axis.
class Runs {
 public:
  Runs(const Walk& walk, std::int64_t first, std::int64_t last);

  bool done() const { return position_ >= last_; }
  /// Where the run begins in the result and in an operand, and its length.
  std::int64_t position() const { return position_; }
  std::int64_t offset(int operand) const { return offset_[operand]; }
  std::int64_t length() const { return length_; }
  void next();

 private:
  const Walk& walk_;
  std::int64_t position_, last_, length_ = 0;
  std::array<std::int64_t, Shape::kMaxRank> index_{};
  Offsets offset_{};
};

inline void Runs::next() {
  position_ += length_;
  const int inner = walk_.rank - 1;
  if (index_[inner] != 0) {  // the first run began in the middle of a row
    for (int k = 0; k < kMaxOperands; ++k) {
      offset_[k] -= index_[inner] * walk_.stride[inner][k];
    }
    index_[inner] = 0;
  }
  for (int axis = inner - 1; axis >= 0; --axis) {
    const bool carry = ++index_[axis] == walk_.size[axis];
    const std::int64_t steps = carry ? 1 - walk_.size[axis] : 1;
    for (int k = 0; k < kMaxOperands; ++k) {
      offset_[k] += steps * walk_.stride[axis][k];
    }
    if (!carry) {
      break;
    }
    index_[axis] = 0;
  }
  length_ = std::min(walk_.size[inner], last_ - position_);
}

/// Calls body(std::integral_constant<int, stride>) with the innermost stride of an operand.
template <class Body>
void with_stride(const Walk& walk, int operand, Body body) {
  if (walk.stride[walk.rank - 1][operand] == 1) {
    body(std::integral_constant<int, 1>{});
  } else {
    body(std::integral_constant<int, 0>{});
  }
}

/// The same for operands 0 and 1, of which one moves: an axis is walked because somebody has several elements of it.
template <class Body>
void with_two_strides(const Walk& walk, Body body) {
  const Offsets& stride = walk.stride[walk.rank - 1];
  using Still = std::integral_constant<int, 0>;
  using Moving = std::integral_constant<int, 1>;
  if (stride[0] == 0) {
    body(Still{}, Moving{});
  } else if (stride[1] == 0) {
    body(Moving{}, Still{});
  } else {
    body(Moving{}, Moving{});
  }
}

/// Calls body(run) for all runs of the result, on several threads.
template <class Body>
void for_each_run(const Walk& walk, Body body) {
  parallel_for(0, walk.numel, kPointwiseGrain, [&](std::int64_t first, std::int64_t last) {
    for (Runs run(walk, first, last); !run.done(); run.next()) {
      body(run);
    }
  });
}

/// y[i] = function(x[i]).
template <class T, class Result, class Function>
void map(const T* x, Result* y, std::int64_t n, Function function) {
  parallel_for(0, n, kPointwiseGrain, [=](std::int64_t first, std::int64_t last) {
    const T* __restrict from = x;
    Result* __restrict to = y;
    for (std::int64_t i = first; i < last; ++i) {
      to[i] = static_cast<Result>(function(from[i]));
    }
  });
}

/// y[i] = function(a[i], b[i]), operands 0 and 1 of the walk.
template <class T, class Result, class Function>
void map(const Walk& walk, const T* a, const T* b, Result* y, Function function) {
  with_two_strides(walk, [&](auto stride_a, auto stride_b) {
    for_each_run(walk, [=](const Runs& run) {
      const T* __restrict from_a = a + run.offset(0);
      const T* __restrict from_b = b + run.offset(1);
      Result* __restrict to = y + run.position();
      const std::int64_t n = run.length();
      for (std::int64_t i = 0; i < n; ++i) {
        to[i] = static_cast<Result>(function(from_a[i * stride_a], from_b[i * stride_b]));
      }
    });
  });
}

/// Throws unless both are defined and of one dtype.
void check_operands(const char* op, const Tensor& a, const Tensor& b);
void check_operand(const char* op, const Tensor& x);

/// A new tensor of `Result`s (of T's own type when it is void): function of each element of x, whatever its dtype.
template <class Result = void, class Function>
Tensor map_any(const char* op, const Tensor& x, Function function) {
  check_operand(op, x);
  return dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    using Out = std::conditional_t<std::is_void_v<Result>, T, Result>;
    Tensor y = Tensor::uninitialized(x.shape(), dtype_of<Out>);
    map(x.data<T>(), y.mutable_data<Out>(), x.numel(), function);
    return y;
  });
}

/// The same of the elements of a and b, broadcast.
template <class Result = void, class Function>
Tensor map_any(const char* op, const Tensor& a, const Tensor& b, Function function) {
  check_operands(op, a, b);
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), op);
  return dispatch(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    using Out = std::conditional_t<std::is_void_v<Result>, T, Result>;
    Tensor y = Tensor::uninitialized(shape, dtype_of<Out>);
    map(Walk(shape, {a.shape(), b.shape()}), a.data<T>(), b.data<T>(), y.mutable_data<Out>(), function);
    return y;
  });
}

/// A scalar tensor that holds `number` in x's dtype. For integer dtypes it must be an integer that fits.
Tensor number_like(const char* op, const Tensor& x, double number);

template <class T>
bool is_nan(T value) {
  if constexpr (std::floating_point<T>) {
    return value != value;
  } else {
    return false;
  }
}

}  // namespace gibbs::kernels::detail
