// Conv1d: convolution (cross-correlation) along sequences [N, L, C]: a Conv2d on pictures of one row, which are the
// same numbers in memory.
//
//   Conv1d({.in = 8, .out = 16, .kernel = 5, .padding = Padding::same})
//   Conv1d({.in = 8, .out = 16, .kernel = 3, .padding = {0, 0, 4, 0}, .dilation = 2})    causal: sees no later place
#pragma once

#include "gibbs/nn/init.h"
#include "gibbs/nn/layers/window2d.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct Conv1dOptions {
  std::int64_t in;
  std::int64_t out;
  std::int64_t kernel;
  std::int64_t stride = 1;
  /// valid, same, or zeros before and after: one number for both, or {0, 0, before, after}.
  Padding padding = Padding::valid;
  std::int64_t dilation = 1;
  std::int64_t groups = 1;  // as in Conv2d
  bool bias = true;
  Initializer weight_init = glorot_uniform;  // as in Keras
};

class Conv1d : public Layer {
 public:
  /// The weight waits for nn::initialize (nn/init.h); the bias is 0.
  explicit Conv1d(Conv1dOptions options);

  void visit(ModuleVisitor& visitor) override;
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;
  double flops(const Shape& input, const Shape& output) const override;

 protected:
  /// x: [N, L, in] to [N, OL, out].
  Variable forward(const Variable& x) override;

 private:
  Window2d window() const;
  /// Pads of the picture of one row. Throws, naming the layer, when the shape does not fit.
  kernels::Pads pads(const Shape& x) const;

  Conv1dOptions options_;
  Parameter weight_;  // [kernel, in / groups, out], as in Keras; PyTorch has [out, in / groups, kernel]
  Parameter bias_;    // [out], undefined without bias
};

}  // namespace gibbs::nn
