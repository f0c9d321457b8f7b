// ConvTranspose2d: the convolution that goes back from small pictures to large ones: the adjoint of a Conv2d with these
// options, the map by which gradients pass it. Decoders and generators grow pictures with it.
//
//   ConvTranspose2d({.in = 64, .out = 32, .kernel = 3, .stride = 2, .padding = Padding::same})    H x W to 2H x 2W
//
// Every number of x adds its multiple of the kernel to y; neighbours' kernels overlap where the kernel is larger than
// the stride. Sizes of y, by axis:
//
//   (size - 1) stride - pad_before - pad_after + dilation (kernel - 1) + output_padding + 1        as in PyTorch
//   size stride                                                                 with Padding::same, as in Keras
//
// With Padding::valid a kernel smaller than the stride gives (size - 1) stride + kernel, as in PyTorch; Keras adds
// stride - kernel, which is output_padding here. PyTorch has no "same".
#pragma once

#include "gibbs/nn/init.h"
#include "gibbs/nn/layers/window2d.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct ConvTranspose2dOptions {
  std::int64_t in;
  std::int64_t out;
  Size2d kernel;
  Size2d stride = 1;
  /// Rows and columns that are taken away from y: those that the Conv2d adds.
  Padding padding = Padding::valid;
  /// Rows below and columns to the right that y has besides; less than the stride. Which of the sizes that the Conv2d
  /// makes equal is meant. PyTorch also takes less than the dilation.
  Size2d output_padding = 0;
  Size2d dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  Initializer weight_init = glorot_uniform;  // as in Keras
};

class ConvTranspose2d : public Layer {
 public:
  /// The weight waits for nn::initialize (nn/init.h); the bias is 0.
  explicit ConvTranspose2d(ConvTranspose2dOptions options);

  void visit(ModuleVisitor& visitor) override;
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;
  double flops(const Shape& input, const Shape& output) const override;

 protected:
  /// x: [N, H, W, in] to [N, OH, OW, out].
  Variable forward(const Variable& x) override;

 private:
  Window2d window() const { return {options_.kernel, options_.stride, options_.padding, options_.dilation}; }
  /// Of the convolution from y to x. Throws, naming the layer, when x has another shape or nothing is left of y.
  kernels::Conv2dGeometry geometry(const Shape& x) const;

  ConvTranspose2dOptions options_;
  Parameter weight_;  // [kernel.h, kernel.w, out / groups, in], as in Keras; PyTorch: [in, out / groups, KH, KW]
  Parameter bias_;    // [out], undefined without bias
};

}  // namespace gibbs::nn
