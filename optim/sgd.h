// SGD: stochastic gradient descent, with momentum (Polyak 1964), Nesterov's variant (Sutskever et al. 2013) and L2
// weight decay.
//
//   g' = g + lambda w               -g + lambda w with maximize
//   b = mu b + (1 - dampening) g'   b = g' at the parameter's first step
//   w -= rate b                     with Nesterov w -= rate (g' + mu b)
//
// The rate stays outside of the velocity b, as in PyTorch, so that changing it acts at once; Keras has it inside.
#pragma once

#include <vector>

#include "gibbs/optim/method.h"

namespace gibbs::optim {

struct SGDOptions {
  double learning_rate = 0.01;
  double momentum = 0;   // mu in [0, 1)
  double dampening = 0;  // share of a gradient that the velocity does not take, at most 1
  bool nesterov = false;
  double weight_decay = 0;  // lambda: the gradient of lambda/2 |w|^2 is added to g
  bool maximize = false;    // climb instead
};

class SGD : public Method {
 public:
  /// Throws when momentum is outside [0, 1), dampening is outside [0, 1] or without momentum, weight_decay is negative,
  /// or nesterov is asked for without momentum or with dampening.
  explicit SGD(const Groups& groups, const SGDOptions& options = {});

  double learning_rate() const { return Optimizer::learning_rate(); }  // for callers; a step asks for rate(i)
  RunSettings settings() const override;

 private:
  void step_parameter(std::size_t i, Parameter& parameter) override;
  void visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) override;

  SGDOptions options_;
  std::vector<Tensor> velocity_;     // empty without momentum
  std::vector<std::int64_t> steps_;  // of each parameter; empty without dampening
};

}  // namespace gibbs::optim
