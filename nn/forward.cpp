// Which module is running, at which path, in which scope. All of it is per thread: models that are shared by threads
// hold none of it. Paths are found by one walk when the outermost module is called, never stored in modules.
#include "gibbs/nn/forward.h"

#include <cmath>
#include <memory>
#include <unordered_map>
#include <vector>

#include "gibbs/nn/module.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::nn {
namespace {

/// A scope, and how often each path was called in it.
struct ScopeState {
  ForwardOptions options;
  std::unordered_map<std::string, std::uint64_t> calls;
};

/// The call of a root module: paths of everything below it, and the path of the running call.
struct RootCall {
  std::unordered_map<const Module*, std::string> paths;
  std::vector<const std::string*> running;
  std::unordered_map<std::string, std::uint64_t> calls;  // for calls outside any scope
};

thread_local ScopeState* current_scope = nullptr;
thread_local std::unique_ptr<RootCall> root_call;

const std::string kNoPath;

}  // namespace

ForwardScope::ForwardScope(ForwardOptions options) : before_(current_scope) {
  current_scope = new ScopeState{std::move(options), {}};
}

ForwardScope::~ForwardScope() {
  delete current_scope;
  current_scope = static_cast<ScopeState*>(before_);
}

const ForwardOptions& ForwardScope::current() {
  static const ForwardOptions evaluation;
  return current_scope ? current_scope->options : evaluation;
}

const std::string& forward_path() {
  return root_call && !root_call->running.empty() ? *root_call->running.back() : kNoPath;
}

RandomKey forward_key() {
  check(root_call != nullptr, "forward_key: no module is running; call it inside a module's forward");
  const ForwardOptions& options = ForwardScope::current();
  const std::string& path = forward_path();
  const auto& calls = current_scope ? current_scope->calls : root_call->calls;
  const auto count = calls.find(path);
  const std::uint64_t call_index = count == calls.end() ? 0 : count->second - 1;
  return RandomKey{.seed = options.seed}.derive(path).derive(call_index).derive(options.step);
}

namespace detail {
namespace {

void name_parameters(Module& module) {
  for (const auto& [path, parameter] : named_parameters(module)) {
    if (!parameter.frozen()) {
      named(path, parameter);
    }
  }
}

}  // namespace

const std::string& path_of(const Module& module) {
  if (!root_call) {
    return kNoPath;
  }
  const auto known = root_call->paths.find(&module);
  return known == root_call->paths.end() ? kNoPath : known->second;
}

ModuleCall::ModuleCall(Module& module) : module_(module), is_root_(!root_call) {
  if (is_root_) {
    root_call = std::make_unique<RootCall>();
    for (auto& [path, part] : named_modules(module)) {
      root_call->paths.try_emplace(part, std::move(path));
    }
  }
  root_call->running.push_back(&path_of(module));
  ++(current_scope ? current_scope->calls : root_call->calls)[forward_path()];
  if (notes_are_taken()) {
    layer_.emplace(forward_path(), module.describe());
    if (is_root_) {
      name_parameters(module);
    }
  }
}

ModuleCall::~ModuleCall() {
  root_call->running.pop_back();
  if (is_root_) {
    root_call.reset();
  }
}

void ModuleCall::finish(const Variable& x, const Variable& y) const {
  const ForwardOptions& options = ForwardScope::current();
  if (options.check_finite && y.numel() > 0) {
    const double finite = kernels::min(kernels::isfinite(y.value())).item();
    check(finite != 0, "layer '", forward_path(), "' (", module_.describe(), ") gave NaN or infinity");
  }
  if (options.observer) {
    options.observer(forward_path(), module_, x, y);
  }
}

}  // namespace detail
}  // namespace gibbs::nn
