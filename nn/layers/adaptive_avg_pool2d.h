// AdaptiveAvgPool2d: NHWC images of any size averaged to one size, by PyTorch's bins: row i of OH is the mean of rows
// floor(i H / OH) to ceil((i + 1) H / OH) - 1, and columns likewise. Bins share a row where OH does not divide H.
//
//   AdaptiveAvgPool2d({.size = 7})    AdaptiveAvgPool2d({.size = {4, 2}})
#pragma once

#include "gibbs/nn/layers/window2d.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct AdaptiveAvgPool2dOptions {
  Size2d size;  // of what comes out; larger than the picture, pixels are repeated
};

/// [N, H, W, C] to [N, size.h, size.w, C].
class AdaptiveAvgPool2d : public Layer {
 public:
  explicit AdaptiveAvgPool2d(const AdaptiveAvgPool2dOptions& options);

  std::string describe() const override;
  std::unique_ptr<Module> share() const override;
  /// One addition per element of a bin.
  double flops(const Shape& input, const Shape& output) const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  Size2d size_;
};

}  // namespace gibbs::nn
