// Lesson 5: an op of your own, and how to know that its gradient is right.
//
// An op is a function: one kernel call for the value, and for each input a lambda from the gradient of the result to
// the gradient of that input, written in other ops. `check_op` puts it under the same battery that the library's own
// ops pass: differences, second derivatives, float32, threads, memory. A gradient that is wrong by a factor of 0.99 is
// invisible in training; here it is a line of the report.
#include <gibbs/gibbs.h>

#include <cmath>
#include <iostream>

#include "examples/program/verdict.h"

using namespace gibbs;

/// y = ln(1 + e^x).   dx = dy / (1 + e^-x).
Variable softplus(const Variable& x) {
  return record("softplus", kernels::logaddexp(x.value(), Tensor::zeros({}, x.dtype())),
                wrt(x, [x](const Variable& dy) { return dy * sigmoid(x); }));
}

/// The same with a slip of the pen.
Variable softplus_with_a_slip(const Variable& x) {
  return record("softplus", softplus(x.value()).value(),
                wrt(x, [x](const Variable& dy) { return dy * 0.99 * sigmoid(x); }));
}

/// What softplus should give, by the formula and one number at a time.
Tensor softplus_oracle(const std::vector<Tensor>& inputs) {
  std::vector<double> values = inputs[0].to_vector();
  for (double& value : values) {
    value = std::log(1 + std::exp(value));
  }
  return Tensor::from(values, inputs[0].shape());
}

int lesson() {
  const Tensor x = kernels::uniform({.seed = 1}, {3, 4}, -2, 2, DType::float64);
  const CheckReport report =
      check_op("softplus", [](const Variables& in) { return softplus(in[0]); }, {x}, {.oracle = softplus_oracle});
  std::cout << report << "\n";

  const CheckReport slip =
      check_op("softplus with a slip", [](const Variables& in) { return softplus_with_a_slip(in[0]); }, {x});
  std::cout << slip;
  return examples::verdict({
      {"softplus passes every check", static_cast<bool>(report)},
      {"the gradient that is 1 % too small is found", slip["gradient"].result == CheckLine::Result::failed},
      {"its value has nothing wrong with it", slip["value"].result == CheckLine::Result::ok},
  });
}

int main() { return examples::guarded(lesson); }
