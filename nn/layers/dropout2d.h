// Dropout2d: while training, every channel of every sample is zeroed as a whole with probability `rate`, and the others
// are scaled by 1 / (1 - rate). Neighbouring pixels say the same: where Dropout takes one, the others still tell.
//
// The mask depends on what Dropout's depends on (dropout.h). Tompson et al. 2015, https://arxiv.org/abs/1411.4280;
// Keras calls it SpatialDropout2D.
#pragma once

#include "gibbs/nn/layers/dropout.h"

namespace gibbs::nn {

class Dropout2d : public Layer {
 public:
  explicit Dropout2d(const DropoutOptions& options);

  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  /// x: [N, ..., C] to the same shape, so pictures and sequences alike; in evaluation x itself.
  Variable forward(const Variable& x) override;

 private:
  DropoutOptions options_;
};

}  // namespace gibbs::nn
