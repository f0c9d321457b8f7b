// LayerNorm: the features of a row get mean 0 and variance 1, and then a scale and a shift each, that are trained.
//
//   y = (x - mean) / sqrt(var + epsilon) scale + shift
//
// mean and var are over the last axes of x, those of `features`; var divides by the count. Rows do not see each other,
// and training and evaluation are the same. Ba, Kiros and Hinton 2016.
#pragma once

#include "gibbs/nn/layers/scale_and_shift.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct LayerNormOptions {
  Shape features;         // of the last axes: {512}, or {7, 7, 64}
  double epsilon = 1e-3;  // as in Keras; PyTorch has 1e-5
  bool affine = true;     // scale and shift
};

class LayerNorm : public Layer {
 public:
  explicit LayerNorm(const LayerNormOptions& options);

  void visit(ModuleVisitor& visitor) override { parts_.visit(visitor); }
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  /// x: [..., features] to the same shape.
  Variable forward(const Variable& x) override;

 private:
  LayerNormOptions options_;
  ScaleAndShift parts_;
};

}  // namespace gibbs::nn
