// NAdam (Dozat 2016): Adam with Nesterov's momentum, whose share grows from half of beta1 to all of it.
//
//   g' = g + lambda w              or, decoupled, w *= 1 - rate lambda before all that follows; -g with maximize
//   m = beta1 m + (1 - beta1) g'   v = beta2 v + (1 - beta2) g'^2
//   mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)        p_t = mu_1 ... mu_t      t: steps that this parameter has
//   taken w -= rate (mu_(t+1) m / (1 - p_(t+1)) + (1 - mu_t) g' / (1 - p_t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
//
// PyTorch's defaults; Keras has momentum_decay = 1 and a rate of 1e-3.
#pragma once

#include <vector>

#include "gibbs/optim/method.h"

namespace gibbs::optim {

struct NAdamOptions {
  double learning_rate = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double momentum_decay = 4e-3;
  double weight_decay = 0;  // lambda
  bool decoupled_weight_decay = false;
  bool maximize = false;  // climb instead
};

class NAdam : public Method {
 public:
  /// Throws when a beta is outside [0, 1), epsilon is not positive, or 0 in a parameter's dtype, or momentum_decay or
  /// weight_decay is negative.
  explicit NAdam(const Groups& groups, const NAdamOptions& options = {});

  double learning_rate() const { return Optimizer::learning_rate(); }  // for callers; a step asks for rate(i)
  RunSettings settings() const override;

 private:
  struct Moments {
    Tensor first, second;
    std::int64_t steps = 0;
    double product = 1;  // p_t
  };

  /// mu_t.
  double share(double t) const;
  void step_parameter(std::size_t i, Parameter& parameter) override;
  void visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) override;

  NAdamOptions options_;
  std::vector<Moments> moments_;
};

}  // namespace gibbs::optim
