// Upsample: NHWC images made larger (or of another size), by repeating pixels or by drawing lines between them.
//
//   Upsample({.scale = 2})    Upsample({.size = {9, 7}, .mode = Interpolation::bilinear, .align_corners = true})
//
// Two conventions say where pixels are. Pixels are squares that fill the picture: output i lies at input
// (i + 1/2) H / OH - 1/2, and at the border is what the border is. That is the default here, of PyTorch and of Keras.
// With align_corners they are points: the corners stay, output i lies at i (H - 1) / (OH - 1).
#pragma once

#include "gibbs/nn/layers/window2d.h"
#include "gibbs/nn/module.h"
#include "gibbs/tensor/kernels/resample2d.h"

namespace gibbs::nn {

/// nearest: output i is input floor(i H / OH), as in PyTorch, which computes it in float32 and misses it for a few
/// sizes (2 to 82); Keras has whole scales only. bilinear: between the four pixels around a place; where pictures
/// become smaller, without blurring them before.
enum class Interpolation { nearest, bilinear };

struct UpsampleOptions {
  Size2d scale = {};  // times as many rows and columns, or
  Size2d size = {};   // so many rows and columns
  Interpolation mode = Interpolation::nearest;
  bool align_corners = false;  // of bilinear
};

/// [N, H, W, C] to [N, H scale.h, W scale.w, C], or [N, size.h, size.w, C].
class Upsample : public Layer {
 public:
  explicit Upsample(const UpsampleOptions& options);

  std::string describe() const override;
  std::unique_ptr<Module> share() const override;
  /// Two per number of y and pixel that it is made of; none for nearest, which copies.
  double flops(const Shape& input, const Shape& output) const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  kernels::AxisWeights weights(std::int64_t inputs, std::int64_t outputs) const;

  UpsampleOptions options_;
};

}  // namespace gibbs::nn
