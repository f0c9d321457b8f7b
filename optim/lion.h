// Lion (Chen et al. 2023, "Symbolic discovery of optimization algorithms"): every weight moves by the rate, towards the
// sign of a momentum.
//
//   u = sign(beta1 m + (1 - beta1) g)        sign(0) = 0
//   w -= rate (u + lambda w)
//   m = beta2 m + (1 - beta2) g
//
// A step of it is longer than one of Adam's: three to ten times less of a rate and as much more of weight decay are
// usual. Keras has 1e-3 for the rate; PyTorch has no Lion.
#pragma once

#include <vector>

#include "gibbs/optim/method.h"

namespace gibbs::optim {

struct LionOptions {
  double learning_rate = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0;  // lambda, decoupled
};

class Lion : public Method {
 public:
  /// Throws when a beta is outside [0, 1) or weight_decay is negative.
  explicit Lion(const Groups& groups, const LionOptions& options = {});

  double learning_rate() const { return Optimizer::learning_rate(); }  // for callers; a step asks for rate(i)
  RunSettings settings() const override;

 private:
  void step_parameter(std::size_t i, Parameter& parameter) override;
  void visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) override;

  LionOptions options_;
  std::vector<Tensor> moments_;
};

}  // namespace gibbs::optim
