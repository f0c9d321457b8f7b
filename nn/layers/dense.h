// Dense: y = x w + b, the fully connected layer.
#pragma once

#include "gibbs/nn/init.h"
#include "gibbs/nn/module.h"
#include "gibbs/tensor/kernels/activation.h"

namespace gibbs::nn {

struct DenseOptions {
  std::int64_t in;
  std::int64_t out;
  bool bias = true;
  Initializer weight_init = glorot_uniform;  // as in Keras
};

class Dense : public Layer {
 public:
  /// The weight waits for nn::initialize (nn/init.h); the bias is 0.
  explicit Dense(const DenseOptions& options);

  void visit(ModuleVisitor& visitor) override;
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;
  double flops(const Shape& input, const Shape& output) const override;

  /// The same with an activation behind it, in one op (nn/fusion.h).
  Variable activated(const Variable& x, kernels::Activation activation);

 protected:
  /// x: [N, in] to [N, out]; more leading axes are kept.
  Variable forward(const Variable& x) override;

 private:
  Variable forward(const Variable& x, kernels::Activation activation);
  DenseOptions options_;
  Parameter weight_;  // [in, out]
  Parameter bias_;    // [out], undefined without bias
};

}  // namespace gibbs::nn
