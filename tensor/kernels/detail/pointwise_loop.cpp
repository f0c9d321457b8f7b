// Planning and stepping of the pointwise loop: what does not depend on element types, compiled once.
#include "gibbs/tensor/kernels/detail/pointwise_loop.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gibbs::kernels::detail {

Walk::Walk(const Shape& result, std::initializer_list<Shape> operands) : numel(result.numel()) {
  Offsets step;  // of each operand, in its own elements, along the axis at hand
  step.fill(1);
  // From the last axis to the first; axes are stored in that order and turned round at the end.
  for (int axis = -1; axis >= -result.rank(); --axis) {
    if (result[axis] == 1) {
      continue;
    }
    Offsets strides{};
    int k = 0;
    for (const Shape& operand : operands) {
      const std::int64_t own = -axis <= operand.rank() ? operand[axis] : 1;
      strides[k] = own == 1 ? 0 : step[k];
      step[k] *= own;
      ++k;
    }
    bool merges = rank > 0;
    for (k = 0; merges && k < kMaxOperands; ++k) {
      merges = strides[k] == stride[rank - 1][k] * size[rank - 1];
    }
    if (merges) {
      size[rank - 1] *= result[axis];
    } else {
      size[rank] = result[axis];
      stride[rank++] = strides;
    }
  }
  if (rank == 0) {
    size[0] = 1;
    stride[0].fill(1);
    rank = 1;
  }
  std::reverse(size.begin(), size.begin() + rank);
  std::reverse(stride.begin(), stride.begin() + rank);
}

Runs::Runs(const Walk& walk, std::int64_t first, std::int64_t last) : walk_(walk), position_(first), last_(last) {
  std::int64_t rest = first;
  for (int axis = walk.rank - 1; axis >= 0; --axis) {
    index_[axis] = rest % walk.size[axis];
    rest /= walk.size[axis];
    for (int k = 0; k < kMaxOperands; ++k) {
      offset_[k] += index_[axis] * walk.stride[axis][k];
    }
  }
  length_ = std::min(walk.size[walk.rank - 1] - index_[walk.rank - 1], last - first);
}

void check_operand(const char* op, const Tensor& x) {
  check(x.defined(), op, ": the operand is an undefined tensor; give it elements first");
}

void check_operands(const char* op, const Tensor& a, const Tensor& b) {
  check_operand(op, a);
  check_operand(op, b);
  check(a.dtype() == b.dtype(), op, ": dtypes differ: ", a.dtype(), " and ", b.dtype(), "; convert one with cast");
}

Tensor number_like(const char* op, const Tensor& x, double number) {
  check_operand(op, x);
  Tensor scalar = Tensor::uninitialized({}, x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::floating_point<T>) {
      // 2^63 itself does not fit int64, though max() rounded to double equals it.
      const bool fits = number >= static_cast<double>(std::numeric_limits<T>::min()) &&
                        number < static_cast<double>(std::numeric_limits<T>::max()) + 1;
      check(fits && std::trunc(number) == number, op, ": ", number, " is not a value of ", x.dtype(),
            "; cast the tensor first");
    }
    *scalar.mutable_data<T>() = static_cast<T>(number);
  });
  return scalar;
}

}  // namespace gibbs::kernels::detail
