// An op of a user's, made with nothing but docs/extending.md: relu that lets a little through.
#pragma once

#include <gibbs/gibbs.h>

/// y = x where x > 0, else slope x.   dx = dy where x > 0, else slope dy.
inline gibbs::Variable own_leaky_relu(const gibbs::Variable& x, double slope = 0.01) {
  using namespace gibbs;
  const Tensor positive = kernels::greater(x.value(), 0.0);
  return record("own_leaky_relu", kernels::where(positive, x.value(), x.value() * slope),
                wrt(x, [positive = saved(positive), slope](const Variable& dy) {
                  return where(positive.value(), dy, dy * slope);
                }));
}
