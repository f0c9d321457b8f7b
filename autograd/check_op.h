// check_op: everything that must hold of an op, in one line. For ops of the library and for users' own.
//
//   std::cout << check_op("leaky_relu", [](const Variables& x) { return leaky_relu(x[0]); }, {x});
//
// The lines of its report:
//   value              as the oracle says, and the same with and without a tape
//   gradient           first derivatives against central differences (gradcheck.h)
//   second derivative  the same of the gradient
//   create_graph       the gradient that can be differentiated is the gradient: fused ops compute it in another way
//   input by input     each input's gradient when the others are constants
//   computed inputs    gradients go on through what the inputs were computed from
//   repeated input     f(x, x): the gradient of x is the sum of both
//   float32            value and gradients against those in float64
//   threads            the same bits on 1, 2 and 3 threads
//   inputs untouched   neither inputs nor cotangent were written
//   nodes freed        nothing of the graphs is left
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gibbs/autograd/check_report.h"
#include "gibbs/autograd/gradcheck.h"

namespace gibbs {

struct CheckOpOptions {
  /// What f should give, computed by other means: loops in float64.
  std::function<Tensor(const std::vector<Tensor>& inputs)> oracle = {};
  double tolerance = 1e-12;         // of values and gradients that should be equal in float64
  double float32_tolerance = 2e-5;  // of values and gradients in float32, against float64
  /// Off for inputs that cannot stand for each other (a target of probabilities beside logits).
  bool repeated_input = true;
  /// Off for ops whose gradient cannot be differentiated (`fused` without a reference): first derivatives are checked.
  bool second_derivatives = true;
  /// Later checks are left out once one has failed.
  bool stop_at_failure = false;
  GradcheckOptions gradcheck = {};
};

/// f maps Variables to one Variable; inputs are float64, off f's kinks. Integers are captured by f. Counts the nodes of
/// the whole process: other threads must not build graphs meanwhile.
CheckReport check_op(const std::string& name, const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                     const CheckOpOptions& options = {});

}  // namespace gibbs
