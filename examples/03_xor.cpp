// Lesson 3: what a hidden layer is for.
//
// XOR is 1 when exactly one of two inputs is 1. No straight line separates its four points, so the best that a linear
// model can do is to answer 1/2 everywhere: mean squared error 1/4, after any amount of training. One hidden layer
// bends the plane, and the same loop learns the four points.
#include <gibbs/gibbs.h>

#include <cmath>

#include "examples/support/verdict.h"

using namespace gibbs;
using namespace gibbs::nn;

const Tensor kInputs = Tensor::of({{0, 0}, {0, 1}, {1, 0}, {1, 1}});
const Tensor kTargets = Tensor::of({{0}, {1}, {1}, {0}});

/// Trains the model on the four points and returns its last loss.
double train_on_xor(Module& model, int steps) {
  optim::Adam adam(parameters(model), {.learning_rate = 0.05});
  double last = 0;
  for (int step = 0; step < steps; ++step) {
    const Variable loss = losses::mean_squared_error(kTargets, model(kInputs));
    adam.clear_gradients();
    backward(loss);
    adam.step();
    last = loss.value().item();
    if (step % (steps / 5) == 0) {
      fmt::print("  step {:>4}: loss {:.5f}\n", step, last);
    }
  }
  return last;
}

int lesson() {
  Dense line({.in = 2, .out = 1});
  Sequential network{Dense({.in = 2, .out = 4}), Tanh(), Dense({.in = 4, .out = 1})};
  initialize(line, 0);
  initialize(network, 0);

  fmt::print("A linear model:\n");
  const double linear_loss = train_on_xor(line, 500);
  fmt::print("With one hidden layer of 4:\n");
  const double network_loss = train_on_xor(network, 500);

  bool all_right = true;
  const Tensor answers = network(kInputs).value();
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto a = kInputs.at({i, 0}), b = kInputs.at({i, 1}), answer = answers.at({i, 0});
    fmt::print("{} xor {} = {:.3f}\n", a, b, answer);
    all_right &= std::abs(answer - kTargets.at({i, 0})) < 0.1;
  }
  return examples::verdict({
      {"the linear model ends at 1/4", std::abs(linear_loss - 0.25) < 1e-3},
      {"the network's loss is below 0.001", network_loss < 1e-3},
      {"its four answers are right", all_right},
  });
}

int main() { return examples::guarded(lesson); }
