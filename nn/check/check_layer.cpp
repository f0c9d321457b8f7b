// One class holds the layer, its input and what the first checks found out; every line of the report is one of its
// functions, which returns what it made sure of, or throws.
#include "gibbs/nn/check/check_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/node.h"
#include "gibbs/nn/check/gradcheck.h"
#include "gibbs/nn/detail/check_structure.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/init.h"
#include "gibbs/nn/weights.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::nn {
namespace {

using gibbs::detail::check_same_bits;

/// x in another dtype if it is floating; integers stay what they are.
Tensor input_in(DType dtype, const Tensor& x) { return is_floating(x.dtype()) ? kernels::cast(x, dtype) : x; }

class LayerBattery {
 public:
  LayerBattery(Layer& layer, Tensor x, const CheckLayerOptions& options)
      : layer_(layer), x_(std::move(x)), options_(options) {}

  void run(gibbs::detail::Checks& checks) {
    struct Check {
      const char* name;
      std::function<std::string()> body;
      bool needed = false;  // what comes after it makes no sense without
    };
    const Check all[] = {{"visit", [this] { return detail::check_visit(layer_); }, true},
                         {"forward", [this] { return forward(); }, true},
                         {"parameters", [this] { return detail::check_parameters(layer_, x_); }, true},
                         {"clone", [this] { return detail::check_copies(layer_, x_); }, true},
                         {"save and load", [this] { return detail::check_save_and_load(layer_, x_); }},
                         {"gradients", [this] { return gradients(); }},
                         {"training", [this] { return training(); }},
                         {"train and eval", [this] { return train_and_eval(); }},
                         {"float64", [this] { return float64(); }},
                         {"threads", [this] { return threads(); }}};
    bool sound = true;
    for (const Check& one : all) {
      if (sound) {
        sound = checks.run(one.name, one.body) || !one.needed;
      } else {
        checks.skip(one.name, "mend the line above first");
      }
    }
  }

 private:
  std::string forward() {
    const Tensor y = detail::output_of(layer_, x_);
    check(y.numel() == 0 || kernels::min(kernels::isfinite(y)).item() != 0, "the output has NaN or infinity");
    check_same_bits("the second time", detail::output_of(layer_, x_), y);
    return to_string(x_.shape()) + " to " + to_string(y.shape());
  }

  std::unique_ptr<Layer> in(DType dtype) const {
    std::unique_ptr<Layer> copy = clone(layer_);
    to(*copy, dtype);
    return copy;
  }

  /// The parameters that gradients are taken of.
  std::vector<Named<Parameter>> trained(Module& module) const {
    std::vector<Named<Parameter>> found = named_parameters(module);
    std::erase_if(found, [](const auto& named) { return named.item.frozen(); });
    return found;
  }

  bool has_gradients() const { return is_floating(x_.dtype()) || !trained(layer_).empty(); }

  void check_derivatives(const ForwardOptions& how) const {
    const std::unique_ptr<Layer> copy = in(DType::float64);
    const Tensor x = input_in(DType::float64, x_);
    const ForwardScope scope(how);
    for (const GradcheckReport& found :
         {gradcheck(*copy, x, options_.gradcheck), gradgradcheck(*copy, x, options_.gradcheck)}) {
      check(found.ok, found.message);
    }
  }

  std::string gradients() {
    const std::string no_input = std::string("the input is ") + name_of(x_.dtype()) + " and has none";
    if (!has_gradients()) {
      return no_input + ", and no parameter is trained";
    }
    check_derivatives(detail::evaluation());
    return is_floating(x_.dtype())
               ? "of the input and all parameters, as central differences say; second derivatives, too"
               : "of all parameters, as central differences say; second derivatives, too; " + no_input;
  }

  std::string training() {
    const std::unique_ptr<Layer> one = clone(layer_), other = clone(layer_);
    const Tensor y = detail::output_of(*one, x_, detail::training());
    check_same_bits("the same seed and step again", detail::output_of(*other, x_, detail::training()), y);
    const bool differs = y.to_vector() != detail::output_of(layer_, x_).to_vector();
    std::string output = differs ? "the output is another than in evaluation" : "the output is that of evaluation";
    if (!has_gradients()) {
      return output;
    }
    check_derivatives(detail::training());
    return "gradients as central differences say; " + output;
  }

  std::string train_and_eval() {
    const std::unique_ptr<Layer> copy = clone(layer_);
    const std::string at_first = weights_sha256(*copy);
    const Tensor before = detail::output_of(*copy, x_);
    check(weights_sha256(*copy) == at_first, "evaluation writes to parameters or buffers");
    const auto parameter_values = [&] {
      std::vector<Tensor> values;
      for (const auto& [path, parameter] : parameters(*copy)) {
        values.push_back(parameter.value().clone());
      }
      return values;
    };
    const std::vector<Tensor> untrained = parameter_values();
    detail::output_of(*copy, x_, detail::training());
    const std::vector<Tensor> trained = parameter_values();
    for (std::size_t i = 0; i < untrained.size(); ++i) {
      check_same_bits("a forward pass writes to a parameter", trained[i], untrained[i]);
    }
    if (weights_sha256(*copy) != at_first) {
      return "training updates buffers, evaluation writes nothing";
    }
    check_same_bits("evaluation after a training pass, with the same parameters and buffers",
                    detail::output_of(*copy, x_), before);
    return "neither writes anything";
  }

  /// The output in evaluation and the gradients of x, if it is floating, and of every parameter that is not frozen.
  NamedTensors results(Layer& module, const Tensor& input) const {
    const ForwardScope scope(detail::evaluation());
    const Variable x = is_floating(input.dtype()) ? Variable::leaf(input) : Variable(input);
    std::vector<std::string> names;
    Variables leaves;
    if (x.traced()) {
      names.emplace_back("the input");
      leaves.push_back(x);
    }
    for (const auto& [path, parameter] : trained(module)) {
      names.push_back(path);
      leaves.push_back(parameter.variable());
    }
    const Variable y = module(x);
    NamedTensors found{{"the output", y.value()}};
    if (leaves.empty()) {
      return found;
    }
    const Tensor dy = kernels::uniform({.seed = 7}, y.shape(), 0.5, 1.5, DType::float32);
    const Variables dx = grad(y, leaves, kernels::cast(dy, y.dtype()), {.allow_unused = true});
    for (std::size_t i = 0; i < dx.size(); ++i) {
      found.push_back({"the gradient of " + names[i], dx[i].value()});
    }
    return found;
  }

  std::string float64() {
    const std::unique_ptr<Layer> single = in(DType::float32), precise = clone(*single);
    to(*precise, DType::float64);
    const Tensor x = input_in(DType::float32, x_);
    const NamedTensors found = results(*single, x), expected = results(*precise, input_in(DType::float64, x));
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Tensor& e = expected[i].item;
      check(found[i].item.dtype() == DType::float32, found[i].path, " is ", found[i].item.dtype(),
            " in a float32 layer");
      const double largest = e.numel() > 0 ? kernels::max(kernels::abs(e)).item() : 0;
      const double scale = 1 / std::max(1.0, largest);
      try {
        gibbs::detail::check_near(found[i].path, kernels::mul(kernels::cast(found[i].item, DType::float64), scale),
                                  kernels::mul(e, scale), options_.float32_tolerance);
      } catch (const Error& error) {
        fail(error.what(),
             "; if the layer draws numbers, draw them in one dtype and cast: float32 and float64 draw others");
      }
    }
    return fmt::format("{} within {:g}", found.size() > 1 ? "output and gradients agree" : "the output agrees",
                       options_.float32_tolerance);
  }

  std::string threads() {
    gibbs::detail::check_threads([this] {
      std::vector<Tensor> all{detail::output_of(layer_, x_)};
      for (const auto& [name, tensor] : results(layer_, x_)) {
        all.push_back(tensor);
      }
      return all;
    });
    return "the same bits on 1, 2 and 3";
  }

  Layer& layer_;
  Tensor x_;
  const CheckLayerOptions& options_;
};

std::string title_of(Module& layer, const Shape& input_shape) {
  return layer.describe() + " on " + to_string(input_shape);
}

/// That of the first parameter; float32 without any.
DType dtype_of_layer(Layer& layer) {
  for (const auto& [path, parameter] : named_parameters(layer)) {
    if (parameter.defined()) {
      return parameter.dtype();
    }
  }
  return DType::float32;
}

}  // namespace

CheckReport check_layer(Layer& layer, const Shape& input_shape, const CheckLayerOptions& options) {
  if (has_pending(layer)) {
    std::unique_ptr<Layer> copy;
    gibbs::detail::Checks checks(title_of(layer, input_shape));
    const bool made = checks.run("initialize", [&]() -> std::string {
      detail::check_visit(layer);
      copy = clone(layer);
      detail::check_share(layer, *copy);
      initialize(*copy, 0);
      return {};
    });
    return made ? check_layer(*copy, input_shape, options) : checks.report();
  }
  const Tensor numbers =
      options.input.defined() ? options.input : kernels::uniform({.seed = 11}, input_shape, -1, 1, DType::float64);
  check(numbers.shape() == input_shape, "check_layer: the input is ", numbers.shape(), ", its shape was to be ",
        input_shape);
  const Tensor x = input_in(dtype_of_layer(layer), numbers).clone(), original = x.clone();
  gibbs::detail::Checks checks(title_of(layer, input_shape));
  const std::int64_t nodes = Node::alive();
  LayerBattery(layer, x, options).run(checks);
  checks.run("input untouched", [&]() -> std::string {
    check_same_bits("the input was written", x, original);
    return "nothing was written";
  });
  checks.run("nodes freed", [&]() -> std::string {
    check(Node::alive() == nodes, Node::alive() - nodes,
          " nodes are left; does the layer keep a Variable, or a gradient function capture the op's output?");
    return "all of them";
  });
  return checks.report();
}

}  // namespace gibbs::nn
