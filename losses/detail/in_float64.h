// Measures that are not hot compute in float64 and round once, at the end: what float32 would lose between their terms
// stays, in values and in derivatives of every order.
#pragma once

#include "gibbs/autograd/ops/arithmetic.h"

namespace gibbs::losses {

/// f(x...), computed in float64 whatever the dtype of x, which all of them share; the result has that dtype.
template <class F, class... More>
auto in_float64(F f, const Variable& x, const More&... more) {
  const auto as = [](const Variable& v, DType dtype) { return v.dtype() == dtype ? v : cast(v, dtype); };
  return as(f(as(x, DType::float64), as(more, DType::float64)...), x.dtype());
}

}  // namespace gibbs::losses
