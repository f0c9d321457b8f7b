// BatchNorm: every channel gets mean 0 and variance 1 over the batch, and then a scale and a shift that are trained.
//
//   y = (x - mean) / sqrt(var + epsilon) scale + shift
//
// In training mean and var are those of the channel in this batch, over all axes but the last; var divides by the
// count. In evaluation they are running averages of what training saw, which are learned when a step's scope ends:
//
//   running_mean = keep running_mean + (1 - keep) mean
//
// Rows then depend on each other: gradients, dropout's scale and small batches act through the moments. Ioffe and
// Szegedy 2015.
#pragma once

#include "gibbs/nn/layers/scale_and_shift.h"
#include "gibbs/nn/module.h"
#include "gibbs/tensor/kernels/norm.h"

namespace gibbs::nn {

struct BatchNormOptions {
  std::int64_t features;  // channels
  double epsilon = 1e-3;  // as in Keras; PyTorch has 1e-5
  /// What the running averages keep at every step: what Keras calls momentum, with its default. PyTorch's momentum is
  /// 1 - keep, 0.1 by default.
  double keep = 0.99;
  /// Whether the running variance divides by the count less 1, as PyTorch's does and Keras' does not.
  bool unbiased_running_var = false;
  bool affine = true;  // scale and shift
};

class BatchNorm : public Layer {
 public:
  explicit BatchNorm(const BatchNormOptions& options);

  void visit(ModuleVisitor& visitor) override;
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

  /// The same with an activation behind it, in one op (nn/fusion.h).
  Variable activated(const Variable& x, kernels::Activation activation);
  /// Whether a convolution with this weight [..., features] gives what the norm takes, in dtype and channels.
  bool accepts(const Parameter& weight) const;
  /// In evaluation y = x scale + shift: both, with what a convolution without (or with) bias adds before the norm.
  kernels::Epilogue evaluation_epilogue(const Parameter& bias, kernels::Activation activation) const;

 protected:
  /// x: [N, ..., features] to the same shape. In training every channel needs two values or more.
  Variable forward(const Variable& x) override;

 private:
  Variable forward(const Variable& x, kernels::Activation activation);
  void learn(const kernels::Moments& moments, std::int64_t count);

  BatchNormOptions options_;
  ScaleAndShift parts_;  // [features]
  Buffer running_mean_, running_var_;
};

}  // namespace gibbs::nn
