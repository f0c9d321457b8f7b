// ForwardScope: what a forward pass needs to know beyond its input: training or not, and where randomness starts.
//
//   const ForwardScope scope({.training = true, .seed = 0, .step = step, .first_sample = first});
//   Variable logits = model(images);
//
// In a loop, training_loop.h counts. Without a scope a forward pass is evaluation; gradients of it are refused when a
// layer would have done something else in training. Since nothing of this is stored in modules, the same model can be
// trained and evaluated at once, and a resumed run draws the numbers that the interrupted one would have drawn.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "gibbs/autograd/notes.h"
#include "gibbs/autograd/parameter.h"
#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/random.h"

namespace gibbs::nn {

class Module;

/// Called after a module's call with its path in the model ("" for the model itself), inputs and outputs.
using ForwardObserver =
    std::function<void(const std::string& path, Module& module, const Variables& inputs, const Variables& outputs)>;

struct ForwardOptions {
  bool training = false;
  std::uint64_t seed = 0;
  std::uint64_t step = 0;          // optimizer steps so far
  std::uint64_t first_sample = 0;  // of this batch, counted from the first step on
  /// Throw when a module's output holds NaN or infinity, naming the first such module.
  bool check_finite = false;
  ForwardObserver observer = {};
};

class ForwardScope {
 public:
  explicit ForwardScope(ForwardOptions options);
  ForwardScope(const ForwardScope&) = delete;
  ForwardScope& operator=(const ForwardScope&) = delete;
  /// Applies what layers reported to `learn_average`, unless an exception ends the scope.
  ~ForwardScope() noexcept(false);

  /// Options of the innermost scope of this thread; those of evaluation when there is none.
  static const ForwardOptions& current();

 private:
  void* before_;
  int exceptions_;  // on their way when the scope began
};

/// Inside the forward of a module that behaves differently in training: the options of the innermost scope; those of
/// evaluation when there is none. But then nobody has said whether this is training: the model may be called, and
/// gradients of what the outermost module gives are an error that says which scope to write. Throws outside a module's
/// forward.
const ForwardOptions& forward_options();

/// Inside a module's forward: the random stream of this call, a function of seed, module path, how many calls of this
/// path have asked for theirs in this scope before, and step. Throws outside a module's forward. Position in the stream
/// is that of the global sample, so batches may be cut anywhere.
RandomKey forward_key();

/// Inside a module's forward in training: an average over steps learns what this batch of so many rows gives,
///
///   average = keep average + (1 - keep) of_batch
///
/// when the scope of training ends, and never while it runs: within a step every pass reads the same buffers, in any
/// order, once or twice (checkpoint). A step that is made in pieces, and a module that is called several times in one,
/// learn once, from the mean over all their rows. Throws outside a scope of training, and where shapes differ.
void learn_average(const Buffer& average, const Tensor& of_batch, double keep, std::int64_t rows);

/// The path of the running module, looked up when it is read: as part of an error's text it costs nothing until there
/// is an error.
class ForwardPath {
 public:
  operator const std::string&() const;  // NOLINT: conversion is its purpose
  friend bool operator==(const ForwardPath& path, const std::string& text) {
    return static_cast<const std::string&>(path) == text;
  }
  friend std::ostream& operator<<(std::ostream& out, const ForwardPath& path);
};

/// Inside a module's forward: the module's path in the model that was called; "" for the model itself. To be read
/// there.
inline ForwardPath forward_path() { return {}; }

/// The same for messages, to be printed at once: "layer '2.conv'", and "the model itself" where the path is empty.
class ForwardName {
  friend std::ostream& operator<<(std::ostream& out, ForwardName name);
};
inline ForwardName forward_name() { return {}; }

namespace detail {

/// The path of a module in the model that is running; "" outside of one.
const std::string& path_of(const Module& module);

/// One running call of a module: enters its path, and leaves it when destroyed.
class ModuleCall {
 public:
  explicit ModuleCall(Module& module);
  ModuleCall(const ModuleCall&) = delete;
  ModuleCall& operator=(const ModuleCall&) = delete;
  ~ModuleCall();

  /// Whether there is something to do with inputs and outputs: a hook, an observer, the NaN check, and gradients that
  /// are to be refused.
  bool is_watched() const;
  /// Runs hooks, which may replace outputs, the NaN check and the observer; refuses gradients of outputs whose model
  /// should have been told whether this is training.
  void finish(const Variables& inputs, const std::vector<Variable*>& outputs) const;

 private:
  Module& module_;
  bool is_root_;
  std::optional<LayerScope> layer_;  // while somebody watches (autograd/notes.h)
};

}  // namespace detail
}  // namespace gibbs::nn
