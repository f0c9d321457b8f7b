// Lesson 4: a gradient is computed by ops, so it can be differentiated again.
//
// With .create_graph = true the backward pass is recorded like any other computation. Nothing was written twice for
// this: the gradient of sin is spelled with the op cos, whose gradient is spelled with the op sin. Hence any order:
// here eight derivatives of one function, and from them its Taylor series.
#include <gibbs/gibbs.h>

#include <cmath>

#include "examples/program/verdict.h"

using namespace gibbs;

Variable f(const Variable& x) { return exp(sin(x)); }

int lesson() {
  const Variable x = Variable::leaf(Tensor::of(0.0, DType::float64));
  // e^(sin x) = 1 + x + x^2/2 - x^4/8 - x^5/15 - x^6/240 + x^7/90 + 31 x^8/5760 + ...; times k! the derivatives at 0.
  const double expected[] = {1, 1, 1, 0, -3, -8, -3, 56, 217};

  Variable derivative = f(x);
  const double step = 0.5;
  double taylor = 0, power_over_factorial = 1, largest_error = 0;
  fmt::print("{:>5} {:>12} {:>22}\n", "order", "derivative", "Taylor series at 0.5");
  for (int order = 0; order <= 8; ++order) {
    const double value = derivative.value().item();
    largest_error = std::max(largest_error, std::abs(value - expected[order]));
    taylor += value * power_over_factorial;
    power_over_factorial *= step / (order + 1);
    fmt::print("{:>5} {:>12.6f} {:>22.9f}\n", order, value, taylor);
    derivative = grad(derivative, {x}, {.create_graph = true})[0];
  }
  const double exact = std::exp(std::sin(step));
  fmt::print("f(0.5) itself: {:.9f}\n", exact);

  // Without create_graph the gradient is a constant, and the engine says so when asked for more.
  const Variable first = grad(f(x), {x})[0];
  return examples::verdict({
      {"all derivatives are the known ones", largest_error < 1e-12},
      {"eight of them predict f(0.5) to 1e-5", std::abs(taylor - exact) < 1e-5},
      {"a gradient without create_graph is a constant", !first.traced()},
  });
}

int main() { return examples::guarded(lesson); }
