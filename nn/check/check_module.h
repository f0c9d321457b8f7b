// check_module: check_layer for modules of any arity. One more line says how the module is called:
//
//   const auto call = [](Cell& cell, const Variables& in) { return cell(in[0], in[1]); };
//   std::cout << nn::check_module(cell, {x, state}, call);
//
// The report is that of check_layer.h, after a line "call": it goes through run(), and gives outputs of these shapes.
// Floating inputs but the first stand in it as parameters, "input 1", since all that is asked of a parameter is asked
// of them: that outputs depend on them, and first and second derivatives. Integers but the first have a line of their
// own at the end: other ones must give another output. All floating outputs are compared and differentiated, as one.
#pragma once

#include <functional>
#include <type_traits>
#include <vector>

#include "gibbs/nn/check/check_layer.h"

namespace gibbs::nn {

namespace detail {

using ModuleOnInputs = std::function<Variables(Module& module, const Variables& inputs)>;

CheckReport check_module(const Module& module, const std::vector<Tensor>& inputs, const ModuleOnInputs& call,
                         const CheckLayerOptions& options);

}  // namespace detail

/// `call` runs the module, or a clone of it, on the inputs, and returns what it returns: a Variable, Variables or a
/// struct with each(f). Floating inputs are converted to the module's dtype; integers have no gradient. `options.input`
/// is not used. Throws without inputs.
template <std::derived_from<Module> M, class Call>
requires std::invocable<Call, M&, const Variables&> CheckReport check_module(const M& module,
                                                                             const std::vector<Tensor>& inputs,
                                                                             Call call,
                                                                             const CheckLayerOptions& options = {}) {
  const auto all_outputs = [call](Module& own, const Variables& in) {
    auto outputs = call(static_cast<M&>(own), in);
    Variables found;
    for (const Variable* y : detail::variables_in(outputs)) {
      found.push_back(*y);
    }
    return found;
  };
  return detail::check_module(module, inputs, all_outputs, options);
}

}  // namespace gibbs::nn
