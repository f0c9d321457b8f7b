// Parallel: what several branches make of x, combined number by number: y = a(x) + b(x) + ..., their mean, or their
// product. Keras' Add, Average and Multiply; in PyTorch it is written in a forward.
//
//   Parallel({.combine = Combine::mean}, Dense({.in = 8, .out = 4}), Dense({.in = 8, .out = 4}))
//
// A gate is a product with x itself: squeeze and excitation (Hu et al. 2017, https://arxiv.org/abs/1709.01507) is
//
//   Parallel({.combine = Combine::product}, Sequential(),
//            Sequential(GlobalAvgPool2d(), Dense({.in = 64, .out = 4}), ReLU(), Dense({.in = 4, .out = 64}), Sigmoid(),
//                       Reshape({.shape = {1, 1, 64}})))
#pragma once

#include <concepts>
#include <utility>

#include "gibbs/nn/held_layer.h"

namespace gibbs::nn {

enum class Combine { sum, mean, product };

struct ParallelOptions {
  Combine combine = Combine::sum;
};

class Parallel : public Layer {
 public:
  template <std::derived_from<Layer>... Branches>
  requires(sizeof...(Branches) > 0 &&
           !(std::same_as<Branches, Parallel> && ...)) explicit Parallel(Branches... branches)
      : Parallel(ParallelOptions{}, std::move(branches)...) {}
  template <std::derived_from<Layer>... Branches>
  requires(sizeof...(Branches) > 0) explicit Parallel(const ParallelOptions& options, Branches... branches)
      : combine_(checked(options)), count_(sizeof...(Branches)), branches_(std::move(branches)...) {}

  /// Children "0", "1", ...
  void visit(ModuleVisitor& visitor) override { branches_.visit(visitor); }
  /// "Parallel(mean)".
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;
  bool has_line() const override { return true; }
  /// One addition or multiplication per element and branch after the first; a division for the mean.
  double flops(const Shape& input, const Shape& output) const override;

 protected:
  /// Throws unless sizes are equal or 1, in which case they are repeated; the number of samples is never repeated.
  Variable forward(const Variable& x) override;

 private:
  static Combine checked(const ParallelOptions& options);

  Combine combine_;
  std::size_t count_;
  HeldLayers branches_;
};

}  // namespace gibbs::nn
