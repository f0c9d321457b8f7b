// StochasticDepth: while training, samples are zeroed as a whole with probability `rate`, and the others are scaled by
// 1 / (1 - rate). As the last layer within a Residual it takes the block away, and the sample goes past it: a network
// that is trained with many depths.
//
//   Residual(Sequential(Conv2d(...), BatchNorm(...), StochasticDepth({.rate = 0.1})))
//
// The mask depends on what Dropout's depends on (dropout.h). What is dropped has been computed. Huang et al. 2016,
// https://arxiv.org/abs/1603.09382, who scale by 1 - rate in evaluation instead, and raise rates from 0 at the first
// block to the last; also called drop path. PyTorch's (torchvision's) is mode "row".
#pragma once

#include "gibbs/nn/layers/dropout.h"

namespace gibbs::nn {

class StochasticDepth : public Layer {
 public:
  explicit StochasticDepth(const DropoutOptions& options);

  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  /// x: [N, ...] to the same shape; in evaluation x itself.
  Variable forward(const Variable& x) override;

 private:
  DropoutOptions options_;
};

}  // namespace gibbs::nn
