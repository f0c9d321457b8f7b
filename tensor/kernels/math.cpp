// Elementary functions of tensors, for float32 and float64: simd_math.h cut into pieces for the threads.
#include <algorithm>
#include <array>
#include <cmath>

#include "gibbs/tensor/kernels/detail/pointwise_loop.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/simd/lanes_math.h"
#include "gibbs/tensor/kernels/simd/simd_math.h"

namespace gibbs::kernels {
namespace {

constexpr std::int64_t kBlock = 512;  // elements of temporaries on the stack
template <class T>
using Block = std::array<T, kBlock>;

/// function(x, y, n) on whole pieces of the arrays.
template <class Function>
Tensor map_arrays(const char* op, const Tensor& x, Function function) {
  detail::check_operand(op, x);
  return dispatch_floating(x.dtype(), op, [&](auto zero) {
    using T = decltype(zero);
    Tensor result = Tensor::uninitialized(x.shape(), x.dtype());
    const T* from = x.data<T>();
    T* to = result.mutable_data<T>();
    parallel_for(0, x.numel(), detail::kPointwiseGrain,
                 [&](std::int64_t first, std::int64_t last) { function(from + first, to + first, last - first); });
    return result;
  });
}

/// The next n values of an operand: in place where it advances, else repeated in `block`.
template <class T>
const T* block_of(const T* from, bool advances, std::int64_t i, std::int64_t n, Block<T>& block) {
  if (advances) {
    return from + i;
  }
  std::fill_n(block.begin(), n, *from);
  return block.data();
}

/// function(a, b, y, n) on blocks of at most kBlock elements of the broadcast operands.
template <class Function>
Tensor map_blocks(const char* op, const Tensor& a, const Tensor& b, Function function) {
  detail::check_operands(op, a, b);
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), op);
  const detail::Walk walk(shape, {a.shape(), b.shape()});
  const auto& strides = walk.stride[walk.rank - 1];
  return dispatch_floating(a.dtype(), op, [&](auto zero) {
    using T = decltype(zero);
    Tensor result = Tensor::uninitialized(shape, a.dtype());
    T* to = result.mutable_data<T>();
    const T *from_a = a.data<T>(), *from_b = b.data<T>();
    detail::for_each_run(walk, [&](const detail::Runs& run) {
      Block<T> block_a, block_b;
      for (std::int64_t i = 0; i < run.length(); i += kBlock) {
        const std::int64_t n = std::min(kBlock, run.length() - i);
        function(block_of(from_a + run.offset(0), strides[0] == 1, i, n, block_a),
                 block_of(from_b + run.offset(1), strides[1] == 1, i, n, block_b), to + run.position() + i, n);
      }
    });
    return result;
  });
}

/// ln(1 / (1 + e^-x)) = min(x, 0) - ln(1 + e^-|x|), a vector at a time; a tail is padded with zeros.
template <class T>
void log_sigmoid_array(const T* x, T* y, std::int64_t n) {
  constexpr int kLanes = kWidth<T>;
  const auto of_lanes = [](const Lanes<T, kLanes>& v) {
    const Lanes<T, kLanes> zero{}, low = v > 0 ? zero : v, minus_size = v > 0 ? -v : v;
    return low - log_of_one_plus<T, kLanes>(exp_of_negative<T, kLanes>(minus_size));
  };
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    lanes<kLanes>(y + i) = of_lanes(lanes<kLanes>(x + i));
  }
  std::array<T, kLanes> rest = {};
  std::copy(x + i, x + n, rest.begin());
  lanes<kLanes>(rest.data()) = of_lanes(lanes<kLanes>(rest.data()));
  std::copy_n(rest.begin(), n - i, y + i);
}

/// With e = exp(-|x|), which cannot overflow: 1 / (1 + e) for x >= 0, e / (1 + e) below.
template <class T>
void sigmoid_array(const T* x, T* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    y[i] = -std::abs(x[i]);
  }
  simd::exp(y, y, n);
  for (std::int64_t i = 0; i < n; ++i) {
    const T e = y[i];
    y[i] = (x[i] >= 0 ? T{1} : e) / (T{1} + e);
  }
}

/// max + ln(1 + exp(-|a - b|)); where the maximum is infinite or NaN, the maximum.
template <class T>
void logaddexp_array(const T* a, const T* b, T* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    y[i] = -std::abs(a[i] - b[i]);
  }
  simd::exp(y, y, n);
  simd::log1p(y, y, n);
  for (std::int64_t i = 0; i < n; ++i) {
    const T largest = ((a[i] > b[i]) | detail::is_nan(a[i])) ? a[i] : b[i];
    y[i] = std::abs(largest) <= std::numeric_limits<T>::max() ? largest + y[i] : largest;
  }
}

}  // namespace

Tensor exp(const Tensor& x) {
  return map_arrays("exp", x, [](auto... a) { simd::exp(a...); });
}
Tensor expm1(const Tensor& x) {
  return map_arrays("expm1", x, [](auto... a) { simd::expm1(a...); });
}
Tensor log(const Tensor& x) {
  return map_arrays("log", x, [](auto... a) { simd::log(a...); });
}
Tensor log1p(const Tensor& x) {
  return map_arrays("log1p", x, [](auto... a) { simd::log1p(a...); });
}
Tensor sqrt(const Tensor& x) {
  return map_arrays("sqrt", x, [](auto... a) { simd::sqrt(a...); });
}
Tensor sin(const Tensor& x) {
  return map_arrays("sin", x, [](auto... a) { simd::sin(a...); });
}
Tensor cos(const Tensor& x) {
  return map_arrays("cos", x, [](auto... a) { simd::cos(a...); });
}
Tensor tanh(const Tensor& x) {
  return map_arrays("tanh", x, [](auto... a) { simd::tanh(a...); });
}
Tensor erf(const Tensor& x) {
  return map_arrays("erf", x, [](auto... a) { simd::erf(a...); });
}
Tensor erfc(const Tensor& x) {
  return map_arrays("erfc", x, [](auto... a) { simd::erfc(a...); });
}
Tensor log_sigmoid(const Tensor& x) {
  return map_arrays("log_sigmoid", x, [](auto... a) { log_sigmoid_array(a...); });
}

Tensor sigmoid(const Tensor& x) {
  return map_arrays("sigmoid", x, [](auto... a) { sigmoid_array(a...); });
}

Tensor pow(const Tensor& a, const Tensor& b) {
  return map_blocks("pow", a, b, [](auto... arguments) { simd::pow(arguments...); });
}

Tensor pow(const Tensor& x, double exponent) {
  detail::check_operand("pow", x);
  if (exponent == 2 && is_floating(x.dtype())) {
    return mul(x, x);  // the commonest power, at memory speed
  }
  if (exponent == 1 && is_floating(x.dtype())) {
    return x.clone();  // the derivative of the commonest
  }
  return pow(x, detail::number_like("pow", x, exponent));
}

Tensor logaddexp(const Tensor& a, const Tensor& b) {
  return map_blocks("logaddexp", a, b, [](auto... arguments) { logaddexp_array(arguments...); });
}

}  // namespace gibbs::kernels
