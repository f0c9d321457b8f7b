// Lesson 1: a derivative is computed, not estimated.
//
// The slope of f at x can be estimated from two values, (f(x + h) - f(x - h)) / 2h. A large h looks too far away; a
// small h subtracts two nearly equal numbers and loses their digits. Even the best h leaves ten or eleven digits of the
// sixteen. `grad` makes no such choice: f leaves a graph of the operations it did, and the chain rule is applied to
// each of them, backwards. The result is as exact as a formula derived by hand.
#include <gibbs/gibbs.h>

#include <algorithm>
#include <cmath>

#include "examples/program/verdict.h"

using namespace gibbs;

/// f(x) = x^2 sin x, for numbers that remember how they were computed and, with a Tensor, for others.
Variable f(const Variable& x) { return x * x * sin(x); }

double by_hand(double x) { return 2 * x * std::sin(x) + x * x * std::cos(x); }

double by_difference(double x, double h) {
  const auto at = [](double point) { return f(Tensor::of(point, DType::float64)).value().item(); };
  return (at(x + h) - at(x - h)) / (2 * h);
}

int lesson() {
  const double at = 1.5, expected = by_hand(at);
  const Variable x = Variable::leaf(Tensor::of(at, DType::float64));
  const Variable y = f(x);
  const double computed = grad(y, {x})[0].value().item();

  fmt::print("f(x) = x^2 sin x at x = {}: f = {:.6f}\n", at, y.value().item());
  fmt::print("{:<22} {:>20} {:>10}\n", "derivative", "", "error");
  double best = 1;
  for (int digits = 1; digits <= 13; digits += 2) {
    const double h = std::pow(10.0, -digits), estimated = by_difference(at, h), error = std::abs(estimated - expected);
    best = std::min(best, error);
    fmt::print("difference, h = 1e-{:<3} {:>20.16f} {:>10.1e}\n", digits, estimated, error);
  }
  fmt::print("{:<22} {:>20.16f} {:>10.1e}\n", "grad", computed, std::abs(computed - expected));

  return examples::verdict({
      {"grad is the formula 2x sin x + x^2 cos x to the last digits", std::abs(computed - expected) < 1e-15},
      {"the best difference is close", best < 1e-9},
      {"and yet no difference has all digits", best > 1e-14},
  });
}

int main() { return examples::guarded(lesson); }
