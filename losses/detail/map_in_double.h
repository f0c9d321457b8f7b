// Values of a function of one element or two, computed in float64 and rounded to the dtype of its operands at the end:
// for terms of losses whose parts cancel, overflow or underflow where the whole does not.
#pragma once

#include "gibbs/losses/terms.h"

namespace gibbs::losses {

/// y = f(x), element by element. Throws, in the name of `op`, unless x is floating.
template <class Function>
Tensor map_in_double(const char* op, const Tensor& x, Function f) {
  check_terms(op, x);
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch_floating(x.dtype(), op, [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      to[i] = static_cast<T>(f(static_cast<double>(from[i])));
    }
  });
  return y;
}

/// y = f(a, b). Throws, in the name of `op`, unless a and b have equal shapes and floating dtypes.
template <class Function>
Tensor map_in_double(const char* op, const Tensor& a, const Tensor& b, Function f) {
  check_terms(op, a, b);
  Tensor y = Tensor::uninitialized(a.shape(), a.dtype());
  dispatch_floating(a.dtype(), op, [&](auto zero) {
    using T = decltype(zero);
    const T *a_data = a.data<T>(), *b_data = b.data<T>();
    T* y_data = y.mutable_data<T>();
    for (std::int64_t i = 0; i < a.numel(); ++i) {
      y_data[i] = static_cast<T>(f(static_cast<double>(a_data[i]), static_cast<double>(b_data[i])));
    }
  });
  return y;
}

}  // namespace gibbs::losses
