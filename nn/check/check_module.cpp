// A layer around the module does it: its input is the first one, its parameters are the module's and the other inputs,
// and its output is all outputs, end to end.
#include "gibbs/nn/check/check_module.h"

#include <algorithm>
#include <stdexcept>
#include <typeinfo>

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/nn/detail/check_structure.h"
#include "gibbs/nn/init.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::nn::detail {
namespace {

class AsLayer : public Layer {
 public:
  AsLayer(std::unique_ptr<Module> module, const std::vector<Tensor>& inputs, ModuleOnInputs call)
      : module_(std::move(module)), call_(std::move(call)), inputs_(inputs), floating_(inputs.size()) {
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      if (is_floating(inputs[i].dtype())) {
        floating_[i] = Parameter(inputs[i].clone());
      }
    }
  }
  AsLayer(const AsLayer& other)
      : Layer(other),
        module_(other.module_->share()),
        call_(other.call_),
        inputs_(other.inputs_),
        floating_(other.floating_) {
    const Module &own = *module_, &its = *other.module_;
    check(typeid(own) == typeid(its), "share() makes '", own.describe(), "', not '", its.describe(),
          "'; does a derived class inherit it?");
  }

  void visit(ModuleVisitor& visitor) override {
    module_->visit(visitor);  // as what the layer itself has, so that paths are those of the module
    for (std::size_t i = 1; i < floating_.size(); ++i) {
      if (floating_[i].defined()) {
        visitor.parameter("input " + std::to_string(i), floating_[i]);
      }
    }
  }
  std::string describe() const override { return module_->describe(); }
  Module& module() { return *module_; }
  /// From now on integers that are given for input i.
  void give(std::size_t i, const Tensor& integers) { inputs_[i] = integers; }
  std::unique_ptr<Module> share() const override { return std::make_unique<AsLayer>(*this); }

 protected:
  Variable forward(const Variable& x) override {
    Variables inputs{x};
    for (std::size_t i = 1; i < floating_.size(); ++i) {
      inputs.push_back(floating_[i].defined() ? floating_[i].variable() : Variable(inputs_[i]));
    }
    Variables parts;
    for (const Variable& y : outputs_for(inputs)) {
      if (y.defined() && is_floating(y.dtype())) {
        parts.push_back(reshape(y, {y.numel()}));
      }
    }
    check(!parts.empty(), "the call gave no floating output");
    return parts.size() == 1 ? parts[0] : concat(parts);
  }

 private:
  Variables outputs_for(const Variables& inputs) {
    try {
      return call_(*module_, inputs);
    } catch (const std::out_of_range& error) {
      fail("the call asks for what is not there, and has ", inputs.size(), " inputs: ", error.what());
    }
  }

  std::unique_ptr<Module> module_;
  ModuleOnInputs call_;
  std::vector<Tensor> inputs_;
  std::vector<Parameter> floating_;  // undefined for the first input and for integers
};

/// "[3] int64, [2, 2]"
template <class Tensors>
std::string shapes_of(const Tensors& tensors) {
  std::string text;
  for (const auto& tensor : tensors) {
    text += text.empty() ? "" : ", ";
    if (!tensor.defined()) {
      text += "nothing";
      continue;
    }
    text += to_string(tensor.shape());
    text += is_floating(tensor.dtype()) ? "" : std::string(" ") + name_of(tensor.dtype());
  }
  return text;
}

/// Whether the call is one of this module, as hooks and summaries see it; and the shapes of its outputs.
std::string check_call(const AsLayer& layer, const Tensor& x) {
  const std::unique_ptr<AsLayer> copy = clone(layer);
  initialize(*copy, 0);  // what is pending
  std::string outputs;
  const HookHandle hook = copy->module().on_forward(
      ModuleHook([&](const Variables& /*inputs*/, Variables& y) { outputs = "gives " + shapes_of(y); }));
  output_of(*copy, x);
  check(!outputs.empty(), "the call does not go through run(), so that hooks, summaries and drawings do not see it; ",
        "write return run([&] { ... }, inputs...) in operator()");
  return outputs;
}

/// A line for an input of integers, which no graph leads back to: do other ones give another output?
CheckLine integers_matter(const AsLayer& layer, const Tensor& x, std::size_t i, const Tensor& integers) {
  const std::string name = "input " + std::to_string(i);
  const std::unique_ptr<AsLayer> copy = clone(layer);
  initialize(*copy, 0);  // what is pending
  const Tensor other = first_sample_repeated(integers), y = output_of(*copy, x);
  if (other.to_vector() == integers.to_vector()) {
    return {name, CheckLine::Result::skipped, "all its samples are equal"};
  }
  copy->give(i, other);
  return output_of(*copy, x).to_vector() != y.to_vector()
             ? CheckLine{name, CheckLine::Result::ok, "other integers give another output"}
             : CheckLine{name, CheckLine::Result::failed,
                         "the output is the same when every sample is the first; does it depend on the input?"};
}

}  // namespace

CheckReport check_module(const Module& module, const std::vector<Tensor>& inputs, const ModuleOnInputs& call,
                         const CheckLayerOptions& options) {
  check(!inputs.empty(), "check_module: ", module.describe(),
        " is given no input; a module without any cannot be checked");
  const std::unique_ptr<Module> shared = module.share();
  const std::vector<Named<Parameter>> own = parameters(*shared);
  const DType dtype = own.empty() ? DType::float32 : own[0].item.dtype();
  std::vector<Tensor> converted;
  converted.reserve(inputs.size());
  for (const Tensor& input : inputs) {
    converted.push_back(is_floating(input.dtype()) ? kernels::cast(input, dtype) : input);
  }
  AsLayer layer(module.share(), converted, call);
  CheckLayerOptions with_input = options;
  with_input.input = converted[0];
  CheckReport report = check_layer(layer, converted[0].shape(), with_input);
  if (report) {
    gibbs::detail::Checks checks("");
    checks.run("call", [&] { return check_call(layer, converted[0]); });
    report.lines.insert(report.lines.begin(), checks.report().lines[0]);
    const auto forward = std::ranges::find(report.lines, "forward", &CheckLine::check);
    forward->detail =
        "all outputs are finite, and the same the second time";  // theirs, not those of the one end to end
  }
  report.subject = module.describe() + " on " + shapes_of(converted);
  for (std::size_t i = 1; i < converted.size() && report; ++i) {
    if (!is_floating(converted[i].dtype())) {
      report.lines.push_back(integers_matter(layer, converted[0], i, converted[i]));
    }
  }
  return report;
}

}  // namespace gibbs::nn::detail
