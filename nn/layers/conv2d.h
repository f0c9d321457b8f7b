// Conv2d: two-dimensional convolution (cross-correlation, as in every framework) on NHWC images.
//
//   Conv2d({.in = 3, .out = 32, .kernel = 3})
//   Conv2d({.in = 32, .out = 32, .kernel = {3, 5}, .stride = 2, .padding = Padding::same, .groups = 32})
#pragma once

#include "gibbs/nn/init.h"
#include "gibbs/nn/layers/window2d.h"
#include "gibbs/nn/module.h"
#include "gibbs/tensor/kernels/activation.h"

namespace gibbs::nn {

struct Conv2dOptions {
  std::int64_t in;
  std::int64_t out;
  Size2d kernel;
  Size2d stride = 1;
  Padding padding = Padding::valid;
  Size2d dilation = 1;
  /// Each output channel sees in / groups input channels; groups == in is the depthwise convolution.
  std::int64_t groups = 1;
  bool bias = true;
  Initializer weight_init = glorot_uniform;  // as in Keras
};

class Conv2d : public Layer {
 public:
  /// The weight waits for nn::initialize (nn/init.h); the bias is 0.
  explicit Conv2d(Conv2dOptions options);

  void visit(ModuleVisitor& visitor) override;
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;
  double flops(const Shape& input, const Shape& output) const override;

  const Parameter& weight() const { return weight_; }
  /// Undefined without bias.
  const Parameter& bias() const { return bias_; }
  /// Whether x is [N, H, W, in] in the weights' dtype, and the weights have numbers.
  bool accepts(const Variable& x) const;
  /// The kernel's options for an input of this shape. Throws, naming the layer, when the shape does not fit.
  kernels::Conv2dOptions kernel_options(const Shape& x) const;

  /// The same with an activation behind it, in one op (nn/fusion.h).
  Variable activated(const Variable& x, kernels::Activation activation);

 protected:
  /// x: [N, H, W, in] to [N, OH, OW, out].
  Variable forward(const Variable& x) override;

 private:
  Variable forward(const Variable& x, kernels::Activation activation);
  Window2d window() const { return {options_.kernel, options_.stride, options_.padding, options_.dilation}; }

  Conv2dOptions options_;
  Parameter weight_;  // [kernel.h, kernel.w, in / groups, out]
  Parameter bias_;    // [out], undefined without bias
};

}  // namespace gibbs::nn
