// A layer of any class, held by value: the member of layers that consist of others. A copy shares the parameters, as
// every copy of a module does.
#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include "gibbs/nn/module.h"

namespace gibbs::nn {

class HeldLayer {
 public:
  /// None.
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

}  // namespace gibbs::nn
