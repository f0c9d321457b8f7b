// Residual: y = inner(x) + shortcut(x), the block that deep networks are made of: what the inner layers learn is what
// to change, and gradients reach x undiminished past them. Source: He et al. 2015, https://arxiv.org/abs/1512.03385.
//
//   Residual(Sequential(Conv2d({.in = 16, .out = 16, .kernel = 3, .padding = 1}), ReLU(), ...))
//   Residual(Sequential(...), Conv2d({.in = 16, .out = 32, .kernel = 1, .stride = 2}))    where inner changes the shape
#pragma once

#include <concepts>
#include <utility>

#include "gibbs/nn/held_layer.h"
#include "gibbs/tensor/kernels/activation.h"

namespace gibbs::nn {

class Residual : public Layer {
 public:
  /// The shortcut is x itself. A residual block as the inner layer stands in a Sequential: one alone is copied.
  template <std::derived_from<Layer> Inner>
  requires(!std::same_as<Inner, Residual>) explicit Residual(Inner inner) : inner_(std::move(inner)) {}
  template <std::derived_from<Layer> Inner, std::derived_from<Layer> Shortcut>
  Residual(Inner inner, Shortcut shortcut) : inner_(std::move(inner)), shortcut_(std::move(shortcut)) {}

  /// Children "inner" and, where it is given, "shortcut".
  void visit(ModuleVisitor& visitor) override;
  std::string describe() const override { return "Residual"; }
  std::unique_ptr<Module> share() const override;
  bool has_line() const override { return true; }
  /// One addition per element.
  double flops(const Shape& input, const Shape& output) const override;

  /// The same with an activation behind it, in one op (nn/fusion.h).
  Variable activated(const Variable& x, kernels::Activation activation);

 protected:
  /// Throws unless inner and shortcut give the same shape and dtype: sizes of 1 are not repeated.
  Variable forward(const Variable& x) override;

 private:
  Variable forward(const Variable& x, kernels::Activation activation);

  HeldLayer inner_, shortcut_;
};

}  // namespace gibbs::nn
