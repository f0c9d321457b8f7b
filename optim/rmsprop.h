// RMSprop (Hinton, lecture 6e of the Coursera course, 2012; centered: Graves 2013): the gradient over the root of its
// mean square.
//
//   g' = g + lambda w               -g + lambda w with maximize
//   v = alpha v + (1 - alpha) g'^2
//   d = sqrt(v) + epsilon           centered: a = alpha a + (1 - alpha) g',  d = sqrt(v - a^2) + epsilon
//   w -= rate g' / d                with momentum b = mu b + g' / d,  w -= rate b
//
// PyTorch's form. Keras has epsilon within the root, alpha = 0.9 under the name rho, and the rate within the momentum.
// v - a^2 below 0, which rounding makes of a gradient that does not change, counts as 0.
#pragma once

#include <vector>

#include "gibbs/optim/method.h"

namespace gibbs::optim {

struct RMSpropOptions {
  double learning_rate = 0.01;
  double alpha = 0.99;
  double epsilon = 1e-8;
  double momentum = 0;  // mu
  bool centered = false;
  double weight_decay = 0;  // lambda
  bool maximize = false;    // climb instead
};

class RMSprop : public Method {
 public:
  /// Throws when alpha or momentum is outside [0, 1), epsilon is not positive, or 0 in a parameter's dtype, or
  /// weight_decay is negative.
  explicit RMSprop(const Groups& groups, const RMSpropOptions& options = {});

  double learning_rate() const { return Optimizer::learning_rate(); }  // for callers; a step asks for rate(i)
  RunSettings settings() const override;

 private:
  struct Averages {
    Tensor square, velocity, gradient;  // velocity with momentum or centered, gradient where centered
  };

  void step_parameter(std::size_t i, Parameter& parameter) override;
  void visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) override;

  RMSpropOptions options_;
  std::vector<Averages> averages_;
};

}  // namespace gibbs::optim
