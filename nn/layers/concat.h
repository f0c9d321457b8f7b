// Concat: what several branches make of x, side by side along an axis, by default the channels: the block of Inception
// and, with Sequential() as a branch, which is x itself, of DenseNet.
//
//   Concat(Conv2d({.in = 8, .out = 4, .kernel = 1}), Conv2d({.in = 8, .out = 4, .kernel = 3, .padding = 1}))
//   Concat({.axis = 1}, Sequential(), ReLU())
#pragma once

#include <concepts>
#include <utility>

#include "gibbs/nn/held_layer.h"

namespace gibbs::nn {

struct ConcatOptions {
  int axis = -1;  // of the outputs, samples being axis 0; negative ones count from the end
};

class Concat : public Layer {
 public:
  template <std::derived_from<Layer>... Branches>
  requires(sizeof...(Branches) > 0 && !(std::same_as<Branches, Concat> && ...)) explicit Concat(Branches... branches)
      : Concat(ConcatOptions{}, std::move(branches)...) {}
  template <std::derived_from<Layer>... Branches>
  requires(sizeof...(Branches) > 0) explicit Concat(const ConcatOptions& options, Branches... branches)
      : axis_(checked(options)), branches_(std::move(branches)...) {}

  /// Children "0", "1", ...
  void visit(ModuleVisitor& visitor) override { branches_.visit(visitor); }
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;
  bool has_line() const override { return true; }

 protected:
  /// Throws unless the outputs differ in the size of this axis alone.
  Variable forward(const Variable& x) override;

 private:
  static int checked(const ConcatOptions& options);

  int axis_;
  HeldLayers branches_;
};

}  // namespace gibbs::nn
