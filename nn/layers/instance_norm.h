// InstanceNorm: every channel of every sample gets mean 0 and variance 1 over its positions.
//
//   y = (x - mean) / sqrt(var + epsilon) scale + shift
//
// It takes contrast and brightness from a picture, which is what transferring styles wants. Samples do not see each
// other, and training and evaluation are the same; PyTorch's running averages (off there by default) are not here.
// Ulyanov, Vedaldi and Lempitsky 2016.
#pragma once

#include "gibbs/nn/layers/scale_and_shift.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct InstanceNormOptions {
  std::int64_t features;  // channels
  double epsilon = 1e-3;  // as GroupNorm, which Keras has in its place; PyTorch has 1e-5
  bool affine = false;    // scale and shift, as in PyTorch
};

class InstanceNorm : public Layer {
 public:
  explicit InstanceNorm(const InstanceNormOptions& options);

  void visit(ModuleVisitor& visitor) override { parts_.visit(visitor); }
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  /// x: [N, ..., features] to the same shape. Every channel needs two positions or more.
  Variable forward(const Variable& x) override;

 private:
  InstanceNormOptions options_;
  ScaleAndShift parts_;
};

}  // namespace gibbs::nn
