// GroupNorm: the channels of a sample are parted into groups, each of which gets mean 0 and variance 1; and then every
// channel a scale and a shift that are trained.
//
//   y = (x - mean) / sqrt(var + epsilon) scale + shift
//
// mean and var are over a sample's positions and the channels of the group, which stand side by side. Samples do not
// see each other, and training and evaluation are the same: what batch norm cannot do with small batches. With one
// group all of a sample is normalised together, with as many groups as channels it is InstanceNorm. Wu and He 2018.
#pragma once

#include "gibbs/nn/layers/scale_and_shift.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct GroupNormOptions {
  std::int64_t groups;    // divides features
  std::int64_t features;  // channels
  double epsilon = 1e-3;  // as in Keras; PyTorch has 1e-5
  bool affine = true;     // scale and shift
};

class GroupNorm : public Layer {
 public:
  explicit GroupNorm(const GroupNormOptions& options);

  void visit(ModuleVisitor& visitor) override { parts_.visit(visitor); }
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  /// x: [N, ..., features] to the same shape.
  Variable forward(const Variable& x) override;

 private:
  GroupNormOptions options_;
  ScaleAndShift parts_;
};

}  // namespace gibbs::nn
