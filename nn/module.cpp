// All that derives from visit: one depth-first walk that knows paths, and a few lambdas given to it.
#include "gibbs/nn/module.h"

#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "gibbs/nn/forward.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::nn {
namespace {

std::string join(const std::string& prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : prefix + "." + std::string(name);
}

/// Walks a module depth first and calls one function per part, with its path.
class Walker : public ModuleVisitor {
 public:
  std::function<void(const std::string&, Parameter&)> on_parameter = [](const auto&, auto&) {};
  std::function<void(const std::string&, Buffer&)> on_buffer = [](const auto&, auto&) {};
  std::function<void(const std::string&, Module&)> on_module = [](const auto&, auto&) {};

  void walk(Module& root) {
    on_module(prefix_, root);
    root.visit(*this);
  }
  void parameter(std::string_view name, Parameter& parameter) override { on_parameter(join(prefix_, name), parameter); }
  void buffer(std::string_view name, Buffer& buffer) override { on_buffer(join(prefix_, name), buffer); }
  void child(std::string_view name, Module& module) override {
    std::string outer = std::exchange(prefix_, join(prefix_, name));
    walk(module);
    prefix_ = std::move(outer);
  }

 private:
  std::string prefix_;
};

}  // namespace

HookHandle Module::on_forward(ModuleHook hook) { return forward_hooks_.add(std::move(hook)); }

HookHandle Module::on_forward(ForwardHook hook) {
  return on_forward(ModuleHook([hook = std::move(hook)](const Variables& x, Variables& y) {
    check(x.size() == 1 && y.size() == 1, "on_forward: a hook (x, y) is for one input and one output, not ", x.size(),
          " and ", y.size(), "; take (const Variables& inputs, Variables& outputs)");
    if (Variable replaced = hook(x[0], y[0]); replaced.defined()) {
      y[0] = std::move(replaced);
    }
  }));
}

std::unique_ptr<Module> clone(const Module& module) {
  std::unique_ptr<Module> copy = module.share();
  std::unordered_map<const void*, Parameter> fresh_parameters;
  std::unordered_map<const void*, Buffer> fresh_buffers;
  Walker walker;
  walker.on_parameter = [&](const std::string&, Parameter& parameter) {
    auto [entry, is_new] = fresh_parameters.try_emplace(parameter.id());
    if (is_new) {
      entry->second = parameter.clone();
    }
    parameter = entry->second;
  };
  walker.on_buffer = [&](const std::string&, Buffer& buffer) {
    auto [entry, is_new] = fresh_buffers.try_emplace(buffer.id());
    if (is_new) {
      entry->second = Buffer(buffer.value().clone());
    }
    buffer = entry->second;
  };
  walker.walk(*copy);
  return copy;
}

std::vector<Named<Parameter>> named_parameters(Module& module) {
  std::vector<Named<Parameter>> found;
  Walker walker;
  walker.on_parameter = [&](const std::string& path, Parameter& parameter) { found.push_back({path, parameter}); };
  walker.walk(module);
  return found;
}

std::vector<Named<Buffer>> named_buffers(Module& module) {
  std::vector<Named<Buffer>> found;
  Walker walker;
  walker.on_buffer = [&](const std::string& path, Buffer& buffer) { found.push_back({path, buffer}); };
  walker.walk(module);
  return found;
}

std::vector<Named<Module*>> named_modules(Module& module) {
  std::vector<Named<Module*>> found;
  Walker walker;
  walker.on_module = [&](const std::string& path, Module& part) { found.push_back({path, &part}); };
  walker.walk(module);
  return found;
}

std::vector<Named<Parameter>> parameters(Module& module) {
  std::vector<Named<Parameter>> found = named_parameters(module);
  std::unordered_set<const void*> seen;
  std::erase_if(found, [&](const Named<Parameter>& named) { return !seen.insert(named.item.id()).second; });
  return found;
}

std::int64_t parameter_count(Module& module) {
  std::int64_t count = 0;
  for (const auto& [path, parameter] : parameters(module)) {
    count += parameter.shape().numel();
  }
  return count;
}

void to(Module& module, DType dtype) {
  check(is_floating(dtype), "to: modules are float32 or float64, not ", dtype);
  for (auto& [path, parameter] : parameters(module)) {
    parameter.convert(dtype);
  }
  for (auto& [path, buffer] : named_buffers(module)) {
    if (is_floating(buffer.value().dtype())) {
      buffer.replace(kernels::cast(buffer.value(), dtype));
    }
  }
}

void set_frozen(Module& module, bool frozen) {
  for (auto& [path, parameter] : parameters(module)) {
    parameter.set_frozen(frozen);
  }
}

std::size_t set_frozen(Module& module, std::string_view path, bool frozen) {
  std::unordered_set<const void*> found;
  std::string known;
  for (auto& [name, parameter] : named_parameters(module)) {
    if (name == path || name.starts_with(join(std::string(path), ""))) {
      parameter.set_frozen(frozen);
      found.insert(parameter.id());
    }
    known += (known.empty() ? "" : ", ") + name;
  }
  check(!found.empty(), "set_frozen: no parameter is at or below '", path, "'; there are ", known);
  return found.size();
}

std::string architecture_text(Module& module) {
  std::string text;
  for (const auto& [path, part] : named_modules(module)) {
    struct HasChildren : ModuleVisitor {
      bool value = false;
      void child(std::string_view /*name*/, Module& /*module*/) override { value = true; }
    } has_children;
    part->visit(has_children);
    if (!has_children.value || part->has_line()) {
      text += path + ": " + part->describe() + "\n";
    }
  }
  return text;
}

}  // namespace gibbs::nn
