// Conversion between dtypes, defined for every value: NaN becomes integer 0, floats beyond an integer's range its
// nearest end, int64 to uint8 keeps the low eight bits.
#include <limits>

#include "gibbs/tensor/kernels/detail/pointwise_loop.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::kernels {
namespace {

template <class To, class From>
To convert(From value) {
  if constexpr (std::floating_point<From> && !std::floating_point<To>) {
    using Limits = std::numeric_limits<To>;
    if (value >= static_cast<From>(Limits::max())) {
      return Limits::max();
    }
    if (value <= static_cast<From>(Limits::min())) {
      return Limits::min();
    }
    return detail::is_nan(value) ? To{0} : static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace

Tensor cast(const Tensor& x, DType dtype) {
  detail::check_operand("cast", x);
  if (dtype == x.dtype()) {
    return x.clone();
  }
  Tensor y = Tensor::uninitialized(x.shape(), dtype);
  dispatch(x.dtype(), [&](auto from) {
    dispatch(dtype, [&](auto to) {
      using From = decltype(from);
      using To = decltype(to);
      detail::map(x.data<From>(), y.mutable_data<To>(), x.numel(), [](From v) { return convert<To>(v); });
    });
  });
  return y;
}

}  // namespace gibbs::kernels
