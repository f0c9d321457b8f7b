// MaxPool2d and AvgPool2d: the largest element and the mean of every window of NHWC images; GlobalMaxPool2d and
// GlobalAvgPool2d: of the whole image.
//
//   MaxPool2d({.window = 2})    AvgPool2d({.window = 3, .stride = 2, .padding = Padding::same})
#pragma once

#include "gibbs/nn/layers/window2d.h"
#include "gibbs/nn/module.h"
#include "gibbs/tensor/kernels/pool2d.h"

namespace gibbs::nn {

struct Pool2dOptions {
  Size2d window;
  Size2d stride = {};  // not given: the window, so that windows do not overlap
  /// Padding never wins. Every side is smaller than the window.
  Padding padding = Padding::valid;
  /// Of means: whether padding counts, as zeros. In Keras it does not; in PyTorch (count_include_pad) it does by
  /// default.
  bool count_padding = false;
};

/// [N, H, W, C] to [N, OH, OW, C]; of equal elements the first in row-major order wins.
class MaxPool2d : public Layer {
 public:
  explicit MaxPool2d(const Pool2dOptions& options);

  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

  /// The kernel's options for an input of this shape.
  kernels::Pool2dOptions kernel_options(const Shape& x) const;

 protected:
  Variable forward(const Variable& x) override;

 private:
  Window2d window_;
};

/// [N, H, W, C] to [N, OH, OW, C].
class AvgPool2d : public Layer {
 public:
  explicit AvgPool2d(const Pool2dOptions& options);

  std::string describe() const override;
  std::unique_ptr<Module> share() const override;
  /// One addition per element of a window.
  double flops(const Shape& input, const Shape& output) const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  Window2d window_;
  bool count_padding_;
};

/// The mean of every channel: [N, H, W, C] to [N, C].
class GlobalAvgPool2d : public Layer {
 public:
  std::string describe() const override { return "GlobalAvgPool2d"; }
  std::unique_ptr<Module> share() const override;
  /// One addition per element.
  double flops(const Shape& input, const Shape& output) const override;

 protected:
  Variable forward(const Variable& x) override;
};

/// The largest element of every channel, the first of equal ones: [N, H, W, C] to [N, C].
class GlobalMaxPool2d : public Layer {
 public:
  std::string describe() const override { return "GlobalMaxPool2d"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

}  // namespace gibbs::nn
