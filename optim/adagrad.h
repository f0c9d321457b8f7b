// Adagrad (Duchi et al. 2011): the gradient over the root of the sum of all its squares, so that the rate of a weight
// falls as it learns: for gradients that are mostly 0, as those of embeddings.
//
//   g' = g + lambda w               -g + lambda w with maximize
//   s += g'^2                       s begins with initial_accumulator_value
//   w -= rate / (1 + (t - 1) lr_decay) g' / (sqrt(s) + epsilon)      t: steps that this parameter has taken
//
// PyTorch's form, with its defaults. Keras has epsilon within the root, and s begins with 0.1.
#pragma once

#include <vector>

#include "gibbs/optim/method.h"

namespace gibbs::optim {

struct AdagradOptions {
  double learning_rate = 0.01;
  double lr_decay = 0;
  double initial_accumulator_value = 0;
  double epsilon = 1e-10;
  double weight_decay = 0;  // lambda
  bool maximize = false;    // climb instead
};

class Adagrad : public Method {
 public:
  /// Throws when lr_decay, initial_accumulator_value or weight_decay is negative, or epsilon is not positive, or 0 in a
  /// parameter's dtype.
  explicit Adagrad(const Groups& groups, const AdagradOptions& options = {});

  double learning_rate() const { return Optimizer::learning_rate(); }  // for callers; a step asks for rate(i)
  RunSettings settings() const override;

 private:
  void step_parameter(std::size_t i, Parameter& parameter) override;
  void visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) override;

  struct Sum {
    Tensor squares;
    std::int64_t steps = 0;
  };

  AdagradOptions options_;
  std::vector<Sum> sums_;
};

}  // namespace gibbs::optim
