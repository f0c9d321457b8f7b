// RMSNorm: the features of a row get mean square 1, and then a scale each, that is trained.
//
//   y = x / sqrt(mean of x^2 + epsilon) scale
//
// The mean is over the last axes of x, those of `features`. Nothing is subtracted and nothing shifted: half of what
// LayerNorm does, and in large language models as good. Zhang and Sennrich 2019.
#pragma once

#include "gibbs/nn/layers/scale_and_shift.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct RMSNormOptions {
  Shape features;         // of the last axes: {512}
  double epsilon = 1e-6;  // as in Keras; PyTorch has the smallest number that changes 1, 1.19e-7 in float32
  bool affine = true;     // scale
};

class RMSNorm : public Layer {
 public:
  explicit RMSNorm(const RMSNormOptions& options);

  void visit(ModuleVisitor& visitor) override { parts_.visit(visitor); }
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  /// x: [..., features] to the same shape.
  Variable forward(const Variable& x) override;

 private:
  RMSNormOptions options_;
  ScaleAndShift parts_;
};

}  // namespace gibbs::nn
