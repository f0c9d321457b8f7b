// Lesson 8: what second derivatives are good for.
//
// Gradient descent knows the slope and must be told how far to go. Newton's method also knows the curvature H: it jumps
// to the minimum of the parabola that touches f, x - H^-1 g, and near the minimum every step doubles the number of
// right digits. Rosenbrock's valley, f = (1 - x)^2 + 100 (y - x^2)^2, is curved and a hundred times steeper across than
// along: gradient descent creeps, Newton's method needs a handful of steps. H is made of gradients of gradients.
#include <gibbs/gibbs.h>

#include <cmath>

#include "examples/support/verdict.h"

using namespace gibbs;

/// p: [2]. The minimum is 0, at (1, 1).
Variable rosenbrock(const Variable& p) {
  const Variables xy = unbind(p);
  return square(1 - xy[0]) + 100 * square(xy[1] - square(xy[0]));
}

Tensor start() { return Tensor::of({-1.2, 1}, DType::float64); }

double value_at(const Tensor& p) { return rosenbrock(p).value().item(); }

/// p - H^-1 g: row i of H is the gradient of element i of the gradient.
Tensor newton_step(const Tensor& at) {
  const Variable p = Variable::leaf(at);
  const Variable g = grad(rosenbrock(p), {p}, {.create_graph = true})[0];
  const Variables slopes = unbind(g);
  const Tensor row0 = grad(slopes[0], {p}, {.retain_graph = true})[0].value();
  const Tensor row1 = grad(slopes[1], {p})[0].value();
  // Two equations, by Cramer's rule.
  const double a = row0.at({0}), b = row0.at({1}), c = row1.at({0}), d = row1.at({1});
  const double g0 = slopes[0].value().item(), g1 = slopes[1].value().item(), determinant = a * d - b * c;
  return at - Tensor::of({(d * g0 - b * g1) / determinant, (a * g1 - c * g0) / determinant}, DType::float64);
}

Tensor descent_step(const Tensor& at, double rate) {
  const Variable p = Variable::leaf(at);
  return at - grad(rosenbrock(p), {p})[0].value() * rate;
}

int main() {
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
