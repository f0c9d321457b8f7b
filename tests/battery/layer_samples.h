// What the registry's files of layers share: copies to try, inputs to refuse, numbers to compute with.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gibbs/nn/module.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {

/// A maker of copies of `layer`.
template <class Kind>
std::function<std::unique_ptr<nn::Layer>()> copies(const Kind& layer) {
  return [layer] { return nn::clone(layer); };
}

/// A float32 model on an input that it refuses.
template <class Kind>
Refusal refused_input(const Kind& layer, const Shape& input, const std::string& message) {
  return {[=] { (*nn::clone(layer))(Tensor::ones(input)); }, message};
}

/// A layer without parameters on integers.
template <class Kind>
Refusal refused_dtype(const Kind& layer, const Shape& input, const std::string& name) {
  return {[=] { (*nn::clone(layer))(Tensor::ones(input, DType::int64)); },
          name + ": the model itself expects float32 or float64, received int64; convert with cast"};
}

/// The parameter at this path.
inline Tensor parameter(nn::Layer& layer, const std::string& path) {
  for (const auto& [name, found] : nn::named_parameters(layer)) {
    if (name == path) {
      return found.value();
    }
  }
  return {};
}

/// y + bias over the last axis, where there is one.
inline Tensor with_bias(const Tensor& y, const Tensor& bias) {
  return testing::build(y.shape(), [&](const testing::Index& i) {
    return testing::at(y, i) + (bias.defined() ? testing::at(bias, {i.back()}) : 0);
  });
}

}  // namespace gibbs::battery
