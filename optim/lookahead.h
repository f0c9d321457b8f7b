// Lookahead (Zhang et al. 2019): slow weights, which every k steps go part of the way to those of the inner optimizer;
// these then begin anew from there, with the moments that they have.
//
//   every k steps:  slow += alpha (w - slow);  w = slow
//
// The slow weights are those to evaluate with. PyTorch and Keras have none.
#pragma once

#include "gibbs/optim/average.h"

namespace gibbs::optim {

struct LookaheadOptions {
  double alpha = 0.5;      // in (0, 1]
  std::int64_t every = 5;  // k
};

class Lookahead : public Average {
 public:
  /// Throws when alpha is outside (0, 1] or every is below 1.
  explicit Lookahead(Optimizer& inner, const LookaheadOptions& options = {});

 private:
  void learn(Parameter& parameter, Tensor& slow) override;

  LookaheadOptions options_;
};

}  // namespace gibbs::optim
