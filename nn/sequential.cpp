#include "gibbs/nn/sequential.h"

#include <span>

#include "gibbs/nn/fusion.h"

namespace gibbs::nn {

Sequential::Sequential(const Sequential& other) : Layer(other) {
  for (const auto& layer : other.layers_) {
    layers_.push_back(detail::as<Layer>(layer->share()));
  }
}

void Sequential::visit(ModuleVisitor& visitor) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    visitor.child(std::to_string(i), *layers_[i]);
  }
}

std::string Sequential::describe() const { return "Sequential(" + std::to_string(layers_.size()) + " layers)"; }

std::unique_ptr<Module> Sequential::share() const { return std::make_unique<Sequential>(*this); }

Variable Sequential::forward(const Variable& x) {
  Variable y = x;
  for (std::size_t i = 0; i < layers_.size();) {
    if (auto run = try_fused(std::span(layers_).subspan(i), y)) {
      y = std::move(run->y);
      i += run->layers;
    } else {
      y = (*layers_[i++])(y);
    }
  }
  return y;
}

}  // namespace gibbs::nn
