// Layers of any class, held by value: the members of layers that consist of others. A copy shares the parameters, as
// every copy of a module does.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gibbs/nn/module.h"

namespace gibbs::nn {

/// One, or none.
class HeldLayer {
 public:
  HeldLayer() = default;
  template <std::derived_from<Layer> Own>
  explicit HeldLayer(Own layer) : layer_(std::make_unique<Own>(std::move(layer))) {}
  HeldLayer(const HeldLayer& other) : layer_(other ? detail::as<Layer>(other->share()) : nullptr) {}
  HeldLayer(HeldLayer&&) noexcept = default;
  HeldLayer& operator=(HeldLayer other) noexcept {
    layer_.swap(other.layer_);
    return *this;
  }
  ~HeldLayer() = default;

  explicit operator bool() const { return layer_ != nullptr; }
  Layer& operator*() const { return *layer_; }
  Layer* operator->() const { return layer_.get(); }

 private:
  std::unique_ptr<Layer> layer_;
};

/// Several, which are children "0", "1", ...
class HeldLayers {
 public:
  template <std::derived_from<Layer>... Own>
  explicit HeldLayers(Own... layers) {
    (layers_.emplace_back(std::move(layers)), ...);
  }

  void visit(ModuleVisitor& visitor) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      visitor.child(std::to_string(i), *layers_[i]);
    }
  }
  /// What each makes of x.
  Variables outputs(const Variable& x) const {
    Variables y;
    for (const HeldLayer& layer : layers_) {
      y.push_back((*layer)(x));
    }
    return y;
  }

 private:
  std::vector<HeldLayer> layers_;
};

}  // namespace gibbs::nn
