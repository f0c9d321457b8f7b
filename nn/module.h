// Module: a function with parameters. A layer writes two functions: `forward`, what it computes, and `visit`, what it
// consists of. Everything else derives from these: names, saving and loading, conversion, summaries, freezing, cloning.
//
// Modules hold no mode and no counter. Whether this is training, and where randomness starts, stands in the
// ForwardScope (forward.h) around the call. Modules know nothing of optimizers, losses and data.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gibbs/autograd/hooks.h"
#include "gibbs/autograd/parameter.h"
#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/named.h"

namespace gibbs::nn {

class Module;

/// Receives what a module consists of, part by part.
class ModuleVisitor {
 public:
  virtual ~ModuleVisitor() = default;
  virtual void parameter(std::string_view /*name*/, Parameter& /*parameter*/) {}
  virtual void buffer(std::string_view /*name*/, Buffer& /*buffer*/) {}
  virtual void child(std::string_view /*name*/, Module& /*module*/) {}
};

/// Receives a module's input and output and returns the output to go on with: y itself, another, or an undefined
/// Variable to leave it as it is.
using ForwardHook = std::function<Variable(const Variable& x, const Variable& y)>;

class Module {
 public:
  virtual ~Module() = default;

  /// Runs `forward`. Knows the module's path in the model that was called, looks for NaN and calls observers when the
  /// ForwardScope asks for it.
  Variable operator()(const Variable& x);

  /// Calls the hook after every `forward` of this module, in the order in which hooks were added. The layer is then
  /// computed by itself, not fused with its neighbours. Copies and clones of a module have no hooks.
  HookHandle on_forward(ForwardHook hook) { return forward_hooks_.add(std::move(hook)); }
  bool has_forward_hooks() const { return !forward_hooks_.empty(); }

  /// Reports parameters, buffers and children, always in the same order. What is not reported is not trained, saved or
  /// cloned.
  virtual void visit(ModuleVisitor& /*visitor*/) {}
  /// The layer and its options in one line: "Dense(2304 -> 256)". The architecture text of saved models is made of
  /// these.
  virtual std::string describe() const = 0;
  /// Another module of the same type that shares this one's parameters: return std::make_unique<Layer>(*this). See
  /// clone.
  virtual std::unique_ptr<Module> share() const = 0;
  /// Floating-point operations of one forward pass on an input and output of these shapes (a multiply-add is two).
  virtual double flops(const Shape& /*input*/, const Shape& /*output*/) const { return 0; }

 protected:
  Module() = default;
  Module(const Module&) = default;
  Module(Module&&) = default;
  Module& operator=(const Module&) = default;
  Module& operator=(Module&&) = default;

  virtual Variable forward(const Variable& x) = 0;

 private:
  HookList<ForwardHook> forward_hooks_;
};

/// An independent copy: the same structure with parameters and buffers of its own. Ties (one parameter in two places)
/// stay ties, and pending parameters pending.
std::unique_ptr<Module> clone(const Module& module);

/// Everything below a module, depth first in the order of visit. A tied parameter is listed once per place.
std::vector<Named<Parameter>> named_parameters(Module& module);
std::vector<Named<Buffer>> named_buffers(Module& module);
/// The module itself (path "") and all below it. The pointers live as long as the module's structure is unchanged.
std::vector<Named<Module*>> named_modules(Module& module);

/// Distinct parameters, each once: what an optimizer wants.
std::vector<Parameter> parameters(Module& module);
/// Number of trainable numbers, ties counted once.
std::int64_t parameter_count(Module& module);

/// Converts parameters and buffers to float32 or float64; pending parameters will be.
void to(Module& module, DType dtype);
void set_frozen(Module& module, bool frozen);
/// Only the parameters at or below a path: "0" is "0.weight" and "0.bias", not "01.weight". Returns how many distinct
/// ones; none is an error that lists the paths there are.
std::size_t set_frozen(Module& module, std::string_view path, bool frozen);

/// One describe() line per module without children, each under its path: what saved weights are compared with.
std::string architecture_text(Module& module);

}  // namespace gibbs::nn
