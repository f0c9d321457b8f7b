// Module: a function with parameters, of any number of inputs and outputs. It says what it consists of (`visit`), what
// it is in a line (`describe`), and how it is copied (`share`); names, saving and loading, conversion, summaries,
// freezing and cloning derive from these.
//
// Layer: the module that Sequential holds, with one Variable in and one out. A layer of yours derives from it and
// writes `forward`. A module with more inputs or outputs derives from Module, and writes operator() around `run`:
//
//   struct Output { Variable y, state;  template <class F> void each(F f) { f(y); f(state); } };
//   Output operator()(const Variable& x, const Variable& state) { return run([&] { return step(x, state); }, x, state);
//   }
//
// State is an argument and a result, never a member: modules hold no mode and no counter. Whether this is training, and
// where randomness starts, stands in the ForwardScope (forward.h) around the call. Modules know nothing of optimizers,
// losses and data.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gibbs/autograd/hooks.h"
#include "gibbs/autograd/parameter.h"
#include "gibbs/autograd/variable.h"
#include "gibbs/nn/forward.h"
#include "gibbs/tensor/named.h"

namespace gibbs::nn {

class Module;

namespace detail {

/// Pointers to the Variables that a call has given: a Variable, Variables, or a struct with each(f).
template <class Output>
std::vector<Variable*> variables_in(Output& y) {
  std::vector<Variable*> found;
  if constexpr (std::is_same_v<Output, Variable>) {
    found.push_back(&y);
  } else if constexpr (std::is_same_v<Output, Variables>) {
    for (Variable& one : y) {
      found.push_back(&one);
    }
  } else {
    static_assert(
        requires { y.each([](Variable&) {}); },
        "Module::run: the function returns a Variable, Variables, or a struct with a member "
        "template <class F> void each(F f) that calls f for each of its Variables");
    y.each([&](Variable& one) { found.push_back(&one); });
  }
  return found;
}

/// A module as the type that it is known to have. Throws when it has another.
template <class M>
std::unique_ptr<M> as(std::unique_ptr<Module> module);

}  // namespace detail

/// Receives what a module consists of, part by part.
class ModuleVisitor {
 public:
  virtual ~ModuleVisitor() = default;
  virtual void parameter(std::string_view /*name*/, Parameter& /*parameter*/) {}
  virtual void buffer(std::string_view /*name*/, Buffer& /*buffer*/) {}
  virtual void child(std::string_view /*name*/, Module& /*module*/) {}
};

/// Called with a module's inputs and outputs, each in the order of its call; may put other Variables in place of
/// outputs. An input that the call was not given is an undefined Variable.
using ModuleHook = std::function<void(const Variables& inputs, Variables& outputs)>;

/// The same for one input and one output. Returns the output to go on with: y itself, another, or an undefined Variable
/// to leave it as it is.
using ForwardHook = std::function<Variable(const Variable& x, const Variable& y)>;

class Module {
 public:
  virtual ~Module() = default;

  /// Calls the hook after every call of this module, in the order in which hooks were added. The layer is then computed
  /// by itself, not fused with its neighbours. Copies and clones of a module have no hooks.
  HookHandle on_forward(ModuleHook hook);
  HookHandle on_forward(ForwardHook hook);
  bool has_forward_hooks() const { return !forward_hooks_.empty(); }

  /// Reports parameters, buffers and children, always in the same order. What is not reported is not trained, saved or
  /// cloned.
  virtual void visit(ModuleVisitor& /*visitor*/) {}
  /// The module and its options in one line: "Dense(2304 -> 256)". The architecture text of saved models is made of
  /// these.
  virtual std::string describe() const = 0;
  /// Another module of the same type that shares this one's parameters: return std::make_unique<Mine>(*this). See
  /// clone.
  virtual std::unique_ptr<Module> share() const = 0;
  /// Floating-point operations of one call on an input and output of these shapes, the first of each where there are
  /// several (a multiply-add is two).
  virtual double flops(const Shape& /*input*/, const Shape& /*output*/) const { return 0; }
  /// Whether a module with children has a line of its own in summaries and in architecture_text, because it computes
  /// something besides calling them. One without children always has.
  virtual bool has_line() const { return false; }

 protected:
  Module() = default;
  Module(const Module&) = default;
  Module(Module&&) = default;
  Module& operator=(const Module&) = default;
  Module& operator=(Module&&) = default;

  /// forward() as a call of this module: knows the module's path in the model that was called, and after it runs hooks,
  /// looks for NaN and calls observers when the ForwardScope asks for it. It returns a Variable, Variables, or a struct
  /// whose member each(f) calls f for every Variable that it holds.
  template <class Forward, class... Inputs>
  auto run(Forward&& forward, const Inputs&... inputs) {
    const detail::ModuleCall call(*this);
    auto y = std::forward<Forward>(forward)();
    if (call.is_watched()) {
      call.finish({inputs...}, detail::variables_in(y));
    }
    return y;
  }

 private:
  friend class detail::ModuleCall;
  HookList<ModuleHook> forward_hooks_;
};

/// One Variable in, one out: a layer writes `forward`.
class Layer : public Module {
 public:
  Variable operator()(const Variable& x) {
    return run([&] { return forward(x); }, x);
  }

 protected:
  virtual Variable forward(const Variable& x) = 0;
};

/// An independent copy: the same structure with parameters and buffers of its own. Ties (one parameter in two places)
/// stay ties, and pending parameters pending.
std::unique_ptr<Module> clone(const Module& module);
/// The same, as what it is known to be: a Layer's clone is a Layer.
template <std::derived_from<Module> M>
std::unique_ptr<M> clone(const M& module) {
  return detail::as<M>(clone(static_cast<const Module&>(module)));
}

/// Everything below a module, depth first in the order of visit. A tied parameter is listed once per place.
std::vector<Named<Parameter>> named_parameters(Module& module);
std::vector<Named<Buffer>> named_buffers(Module& module);
/// The module itself (path "") and all below it. The pointers live as long as the module's structure is unchanged.
std::vector<Named<Module*>> named_modules(Module& module);

/// The distinct parameters, each once: what an optimizer wants. A tie stands under its first path.
std::vector<Named<Parameter>> parameters(Module& module);
/// Number of trainable numbers, ties counted once.
std::int64_t parameter_count(Module& module);

/// Converts parameters and buffers to float32 or float64; pending parameters will be.
void to(Module& module, DType dtype);
void set_frozen(Module& module, bool frozen);
/// Only the parameters at or below a path: "0" is "0.weight" and "0.bias", not "01.weight". Returns how many distinct
/// ones; none is an error that lists the paths there are.
std::size_t set_frozen(Module& module, std::string_view path, bool frozen);

/// One describe() line per module that has no children or says has_line(), each under its path: what saved weights are
/// compared with.
std::string architecture_text(Module& module);

namespace detail {

template <class M>
std::unique_ptr<M> as(std::unique_ptr<Module> module) {
  auto* same = dynamic_cast<M*>(module.get());
  check(same != nullptr, "share: ", module->describe(), " returned a module of another type than its own");
  module.release();  // NOLINT: owned by the pointer that is returned
  return std::unique_ptr<M>(same);
}

}  // namespace detail
}  // namespace gibbs::nn
