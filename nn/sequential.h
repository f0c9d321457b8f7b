// Sequential: layers one after the other.
//
//   Sequential model{Dense({.in = 4, .out = 8}), ReLU(), Dense({.in = 8, .out = 2})};
//
// Braces, since C++ takes `Sequential model(Flatten(), ReLU());` for the declaration of a function.
#pragma once

#include <concepts>
#include <memory>
#include <utility>
#include <vector>

#include "gibbs/nn/module.h"

namespace gibbs::nn {

class Sequential : public Layer {
 public:
  Sequential() = default;
  /// Takes layers by value. Their names are "0", "1", ...
  template <class... Layers>
  requires(sizeof...(Layers) > 0 && (std::derived_from<std::remove_cvref_t<Layers>, Module> && ...) &&
           (sizeof...(Layers) > 1 ||
            !(std::same_as<std::remove_cvref_t<Layers>, Sequential> && ...))) explicit Sequential(Layers&&... layers) {
    (add(std::forward<Layers>(layers)), ...);
  }
  /// Copies share parameters, like the copy of any module; clone() makes independent ones.
  Sequential(const Sequential& other);
  Sequential(Sequential&&) noexcept = default;
  Sequential& operator=(Sequential other) noexcept {
    layers_.swap(other.layers_);
    return *this;
  }
  ~Sequential() override = default;

  /// Appends a layer.
  template <class Own>
  requires std::derived_from<std::remove_cvref_t<Own>, Module> Sequential& add(Own&& layer) {
    static_assert(std::derived_from<std::remove_cvref_t<Own>, Layer>,
                  "Sequential holds layers: a class with Variable forward(const Variable&) derives from nn::Layer");
    layers_.push_back(std::make_unique<std::remove_cvref_t<Own>>(std::forward<Own>(layer)));
    return *this;
  }

  std::size_t size() const { return layers_.size(); }
  Layer& operator[](std::size_t i) { return *layers_.at(i); }

  void visit(ModuleVisitor& visitor) override;
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace gibbs::nn
