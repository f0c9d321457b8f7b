// What conv2d and dense share when they end in an activation: y = f(A(x, w) + bias), A linear in x and in w, where f'
// follows from y. One node, whose gradient masks dy once for all inputs.
#pragma once

#include <functional>

#include "gibbs/autograd/record.h"

namespace gibbs::detail {

struct ActivatedMap {
  const char* op;
  std::function<Tensor(const Tensor& d, const Tensor& w)> dx;
  std::function<Tensor(const Tensor& x, const Tensor& d)> dw;
  Axes rows;  // of y: dbias is the sum of d over them
  /// The same in ops.
  std::function<Variable(const Variable& x, const Variable& w, const Variable& bias)> in_ops;
};

/// y as the op's result. With d = dy f': dx = map.dx(d, w), dw = map.dw(x, d), dbias = sum of d; bias may be undefined.
/// f is relu.
Variable record_activated(const ActivatedMap& map, const Variable& x, const Variable& w, const Variable& bias,
                          const Tensor& y);

}  // namespace gibbs::detail
