// Permute: the axes of every sample in another order; samples stay.
//
//   Permute({.axes = {2, 1}})    [N, A, B] to [N, B, A]
#pragma once

#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct PermuteOptions {
  Axes axes;  // axis k + 1 of y is axis axes[k] of x: all but 0, as in Keras; PyTorch's permute says 0, 2, 1
};

class Permute : public Layer {
 public:
  explicit Permute(const PermuteOptions& options);

  /// "Permute(2, 1)".
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  Axes axes_;
};

}  // namespace gibbs::nn
