// Lesson 8: what second derivatives are good for.
//
// Gradient descent knows the slope and must be told how far to go. Newton's method also knows the curvature H: it jumps
// to the minimum of the parabola that touches f, x - H^-1 g, and near the minimum every step doubles the number of
// right digits. Rosenbrock's valley, f = (1 - x)^2 + 100 (y - x^2)^2, is curved and a hundred times steeper across than
// along: gradient descent creeps, Newton's method needs a handful of steps. H, the matrix of all second derivatives, is
// made of gradients of gradients.
#include <gibbs/gibbs.h>

#include <cmath>

#include "examples/program/verdict.h"

using namespace gibbs;

/// p: [2]. The minimum is 0, at (1, 1).
Variable rosenbrock(const Variable& p) {
  const Variables xy = unbind(p);
  return square(1 - xy[0]) + 100 * square(xy[1] - square(xy[0]));
}

Tensor start() { return Tensor::of({-1.2, 1}, DType::float64); }

double value_at(const Tensor& p) { return rosenbrock(p).value().item(); }

/// p - H^-1 g, the two equations solved by Cramer's rule.
Tensor newton_step(const Tensor& at) {
  const Variable p = Variable::leaf(at);
  const Tensor g = grad(rosenbrock(p), {p})[0].value(), h = hessian(rosenbrock, p).value();
  const double a = h.at({0, 0}), b = h.at({0, 1}), c = h.at({1, 0}), d = h.at({1, 1}), determinant = a * d - b * c;
  return at - Tensor::of({(d * g.at({0}) - b * g.at({1})) / determinant, (a * g.at({1}) - c * g.at({0})) / determinant},
                         DType::float64);
}

Tensor descent_step(const Tensor& at, double rate) {
  const Variable p = Variable::leaf(at);
  return at - grad(rosenbrock(p), {p})[0].value() * rate;
}

int lesson() {
  Tensor newton = start();
  int steps = 0;
  fmt::print("Newton's method:\n");
  for (; value_at(newton) > 1e-20 && steps < 20; ++steps) {
    newton = newton_step(newton);
    fmt::print("  step {}: x = {:>19.16f}, y = {:>19.16f}, f = {:.1e}\n", steps + 1, newton.at({0}), newton.at({1}),
               value_at(newton));
  }

  Tensor descent = start();
  constexpr int kDescentSteps = 1000;
  for (int i = 0; i < kDescentSteps; ++i) {
    descent = descent_step(descent, 1e-3);  // twice this rate diverges
  }
  fmt::print("Gradient descent after {} steps: x = {:.4f}, y = {:.4f}, f = {:.1e}\n", kDescentSteps, descent.at({0}),
             descent.at({1}), value_at(descent));
  return examples::verdict({
      {"Newton's method is at the minimum after at most 7 steps", steps <= 7 && value_at(newton) < 1e-20},
      {"and that is (1, 1)", std::abs(newton.at({0}) - 1) < 1e-9 && std::abs(newton.at({1}) - 1) < 1e-9},
      {"gradient descent is not there after 1000", value_at(descent) > 1e-3},
      {"but on the way", value_at(descent) < value_at(start())},
  });
}

int main() { return examples::guarded(lesson); }
