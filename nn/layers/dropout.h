// Dropout: while training, every element is zeroed with probability `rate` and the others are scaled by 1 / (1 - rate).
//
// The mask is a pure function of the scope's seed and step, the layer's path, the call and the element's place in the
// epoch: the same when a batch is cut in pieces, when a run is resumed, and when activations are computed twice.
// Srivastava et al. 2014.
#pragma once

#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct DropoutOptions {
  double rate;  // in [0, 1)
};

class Dropout : public Layer {
 public:
  explicit Dropout(const DropoutOptions& options);

  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  /// x: [N, ...] to the same shape; in evaluation x itself.
  Variable forward(const Variable& x) override;

 private:
  DropoutOptions options_;
};

}  // namespace gibbs::nn
