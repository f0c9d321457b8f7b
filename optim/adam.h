// Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019) and AMSGrad (Reddi et al. 2018): steps scaled by
// running moments of the gradient.
//
//   g' = g + lambda w                    L2 weight decay; AdamW has w *= 1 - rate lambda instead, before all that
//   follows m = beta1 m + (1 - beta1) g'         v = beta2 v + (1 - beta2) g'^2 c1 = 1 - beta1^t                     c2
//   = 1 - beta2^t          t: steps that this parameter has taken bias_corrected:  w -= rate (m / c1) / (sqrt(v / c2) +
//   epsilon) keras:           w -= rate sqrt(c2) / c1 * m / (sqrt(v) + epsilon)
//
// The two differ only in where epsilon stands: Keras adds it before v is corrected ("epsilon hat" in the paper), so at
// t = 1 its epsilon weighs 1 / sqrt(1 - beta2), some 32 times, as much. With amsgrad the largest v so far, per element,
// stands in place of v.
//
// All in the parameter's dtype, as in PyTorch. g^2 must be in its range: beyond |g| = 1e19 in float32 (1e154 in
// float64) v is inf and the weight stands still from then on (clip_gradient_norm before the step keeps it going); below
// 1e-19, or 1e-154, v loses digits and becomes 0, which a smaller epsilon than that would show.
#pragma once

#include <vector>

#include "gibbs/optim/method.h"

namespace gibbs::optim {

enum class EpsilonMode { bias_corrected, keras };

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  EpsilonMode epsilon_mode = EpsilonMode::bias_corrected;
  double weight_decay = 0;              // lambda
  bool decoupled_weight_decay = false;  // AdamW's
  bool amsgrad = false;
  bool maximize = false;  // climb instead
};

struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  EpsilonMode epsilon_mode = EpsilonMode::bias_corrected;
  double weight_decay = 0.01;  // lambda
  bool amsgrad = false;
  bool maximize = false;  // climb instead
};

class Adam : public Method {
 public:
  /// Throws when a beta is outside [0, 1), epsilon is not positive, or 0 in a parameter's dtype, or weight_decay is
  /// negative.
  explicit Adam(const Groups& groups, const AdamOptions& options = {}) : Adam("Adam", groups, options) {}

  double learning_rate() const { return Optimizer::learning_rate(); }  // for callers; a step asks for rate(i)
  RunSettings settings() const override;

 protected:
  Adam(const char* name, const Groups& groups, const AdamOptions& options);

 private:
  struct Moments {
    Tensor first, second, largest_second;  // the last with amsgrad alone
    std::int64_t steps = 0;
  };

  void step_parameter(std::size_t i, Parameter& parameter) override;
  void visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) override;

  AdamOptions options_;
  std::vector<Moments> moments_;
};

/// Adam after w *= 1 - rate lambda: the decay is not part of the gradient, so the moments do not see it.
class AdamW : public Adam {
 public:
  /// Throws as Adam does.
  explicit AdamW(const Groups& groups, const AdamWOptions& options = {});
};

}  // namespace gibbs::optim
