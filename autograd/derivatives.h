// Derivatives as functions of functions: products with the Jacobian from either side, the Jacobian, the Hessian.
//
// For y = f(x), J[i, j] = dy_i / dx_j with i running over the elements of y and j over those of x; H is the Jacobian of
// the gradient of a one-element y. Each is computed from `grad` alone. f sees a fresh x: what f captured stands still,
// even where it was itself computed from x. A function that does not depend on its input has derivative 0.
//
// They behave like ops. A constant x will do. The result carries a graph when recording is on and x (or dy, or v) is
// traced, so derivatives nest to any order:
//
//   jacobian([&](const Variable& u) { return hessian(f, u); }, x)   // the third derivative
//
// Functions of several inputs take and give one Variable per input.
#pragma once

#include <vector>

#include "gibbs/autograd/function.h"

namespace gibbs {

/// J^T dy: the gradient of sum(f(x) * dy), in the shape of x. One pass forward, one back. dy: as f(x), or an error.
Variable vjp(const UnaryFunction& f, const Variable& x, const Variable& dy);
Variables vjp(const MultivariateFunction& f, const Variables& xs, const Variable& dy);

/// J v: the derivative of f along v, in the shape of f(x). v: as x, or an error. J^T u is linear in u, and its own
/// gradient along v is J v: two passes back instead of a second engine.
Variable jvp(const UnaryFunction& f, const Variable& x, const Variable& v);
Variable jvp(const MultivariateFunction& f, const Variables& xs, const Variables& vs);

/// J, of shape [shape of f(x), shape of x]; one pass back for each element of f(x).
Variable jacobian(const UnaryFunction& f, const Variable& x);
Variables jacobian(const MultivariateFunction& f, const Variables& xs);

/// H v for a one-element f(x), in the shape of x, without forming H: two passes back (Pearlmutter 1994). v: as x.
Variable hvp(const UnaryFunction& f, const Variable& x, const Variable& v);
Variables hvp(const MultivariateFunction& f, const Variables& xs, const Variables& vs);

/// H[j, k] = d^2 f / dx_j dx_k for a one-element f(x), of shape [shape of x, shape of x].
Variable hessian(const UnaryFunction& f, const Variable& x);
/// blocks[a][b] = d^2 f / dx_a dx_b, of shape [shape of x_a, shape of x_b].
std::vector<Variables> hessian(const MultivariateFunction& f, const Variables& xs);

}  // namespace gibbs
