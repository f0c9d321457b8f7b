// A table of a model's layers: output shapes, parameters and arithmetic.
//
//   nn::summary(model, {32, 32, 3})     a Layer, on one sample of this shape
//   nn::summary(cell, x, state)         any module, on the arguments of its call, of any number and dtype
//   nn::summary(model, [&](Model& model) { model.encode(x); })   and where it is not called as model(x)
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>

#include "gibbs/nn/module.h"

namespace gibbs::nn {

/// A table as Keras prints it, made by running the model on zeros of shape [1, input_shape...] in the model's dtype,
/// without tape.
/// One line per layer in the order of calls; a layer that is called twice has two lines, with its parameters in the
/// first. Three or more equal neighbours have one line, "2-13: Dense(16 -> 16), 12 times", with the sums; what is
/// inside of one of them stands below it, indented, once. MFLOP: millions of floating-point operations of one sample's
/// forward pass (Module::flops). Buffers and frozen parameters count as non-trainable. Of a model with pending
/// parameters a clone is run, which is given numbers.
std::string summary(Layer& model, const Shape& input_shape);

namespace detail {

std::string summary_of_call(Module& model, const std::function<void(Module&)>& call);

/// Whether the only argument is a function of the module.
template <class M, class... Inputs>
constexpr bool is_call = false;
template <class M, class Call>
constexpr bool is_call<M, Call> = std::is_invocable_v<const Call&, M&>;

}  // namespace detail

/// The same for a module of any arity, as it runs on these inputs: model(inputs...). Shapes of all outputs, and MFLOP
/// of this call, with the samples that the inputs have. Instead of inputs a function that runs the model it is given:
/// that is this model, or its clone. Throws when it runs nothing of it.
template <std::derived_from<Module> M, class... Inputs>
requires(!(std::is_same_v<Inputs, Shape> || ...)) std::string summary(M& model, const Inputs&... inputs) {
  if constexpr (detail::is_call<M, Inputs...>) {
    return detail::summary_of_call(model, [&](Module& own) { (inputs(static_cast<M&>(own)), ...); });
  } else {
    static_assert(std::is_invocable_v<M&, const Inputs&...>,
                  "summary(model, inputs...) calls model(inputs...): give the arguments of its operator(), or a "
                  "function that calls it, [&](Model& model) { model.encode(x); }");
    return detail::summary_of_call(model, [&](Module& own) { static_cast<M&>(own)(inputs...); });
  }
}

/// Only a Layer is known to take one input, of which a shape is enough.
template <std::derived_from<Module> M>
requires(!std::derived_from<M, Layer>) std::string summary(M& /*model*/, const Shape& /*input_shape*/) {
  static_assert(
      std::derived_from<M, Layer>,
      "summary(model, shape) is for a Layer; this module may take other inputs: write summary(model, x), with "
      "the arguments of its call");
  return {};
}

}  // namespace gibbs::nn
