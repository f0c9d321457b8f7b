#include "gibbs/autograd/check_op.h"

#include <fmt/format.h>

#include <algorithm>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/node.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/random.h"

namespace gibbs {
namespace {

using Tensors = std::vector<Tensor>;

Variables leaves_of(const Tensors& inputs) {
  Variables x;
  for (const Tensor& input : inputs) {
    x.push_back(Variable::leaf(input));
  }
  return x;
}

Tensors values_of(const Variables& variables) {
  Tensors values;
  for (const Variable& variable : variables) {
    values.push_back(variable.value());
  }
  return values;
}

Tensors cast_all(const Tensors& inputs, DType dtype) {
  Tensors result;
  for (const Tensor& input : inputs) {
    result.push_back(kernels::cast(input, dtype));
  }
  return result;
}

Tensor value_of(const DifferentiableFunction& f, const Tensors& inputs) {
  const NoTape no_tape;
  return f(Variables(inputs.begin(), inputs.end())).value();
}

/// The same numbers in float32 and float64; none is near zero, where it would hide an element.
Tensor cotangent_for(const Variable& y) {
  return kernels::cast(kernels::uniform({.seed = 7}, y.shape(), 0.5, 1.5, DType::float32), y.dtype());
}

/// Gradients of <f(at), dy> with respect to `xs`, of which `at` was computed.
Tensors gradients(const DifferentiableFunction& f, const Variables& at, const Variables& xs,
                  bool create_graph = false) {
  const Variable y = f(at);
  const Tensor dy = cotangent_for(y), before = dy.clone();
  Tensors found = values_of(grad(y, xs, dy, {.create_graph = create_graph, .allow_unused = true}));
  detail::check_same_bits("the cotangent was written", dy, before);
  return found;
}

Tensors gradients(const DifferentiableFunction& f, const Tensors& inputs, bool create_graph = false) {
  const Variables x = leaves_of(inputs);
  return gradients(f, x, x, create_graph);
}

void check_gradients(const char* what, const Tensors& actual, const Tensors& expected, double tolerance) {
  for (std::size_t i = 0; i < actual.size(); ++i) {
    detail::check_near(fmt::format("{}gradient of input {}", what, i), actual[i], expected[i], tolerance);
  }
}

/// Everything but the inputs' own state and the nodes, which are looked at before and after.
class OpBattery {
 public:
  OpBattery(const DifferentiableFunction& f, const Tensors& inputs, const CheckOpOptions& options)
      : f_(f), inputs_(inputs), options_(options) {}

  void run(detail::Checks& checks) {
    checks.run("value", [this] { return value(); });
    if (!runs_) {
      return;
    }
    const std::string nothing = "there are no elements to differentiate";
    checks.run_if(has_elements_, nothing, "gradient",
                  [this] { return report(gradcheck(f_, inputs_, options_.gradcheck)); });
    if (options_.second_derivatives) {
      checks.run_if(has_elements_, nothing, "second derivative",
                    [this] { return report(gradgradcheck(f_, inputs_, options_.gradcheck)); });
      checks.run("create_graph", [this] { return create_graph(); });
    } else {
      checks.skip("second derivative", "switched off");
      checks.skip("create_graph", "switched off");
    }
    checks.run_if(inputs_.size() > 1, "there is one input", "input by input", [this] { return input_by_input(); });
    checks.run("computed inputs", [this] { return computed_inputs(); });
    repeated_input(checks);
    checks.run("float32", [this] { return float32(); });
    checks.run("threads", [this] { return threads(); });
  }

 private:
  static std::string report(const GradcheckReport& found) {
    check(found.ok, found.message);
    return "as central differences say";
  }

  std::string value() {
    const Tensor y = value_of(f_, inputs_);
    runs_ = true;
    has_elements_ =
        y.numel() > 0 && std::any_of(inputs_.begin(), inputs_.end(), [](const Tensor& x) { return x.numel() > 0; });
    detail::check_near("with a tape", f_(leaves_of(inputs_)).value(), y, options_.tolerance);
    if (!options_.oracle) {
      return "the same with and without a tape; there is no oracle";
    }
    detail::check_near("against the oracle", y, options_.oracle(inputs_), options_.tolerance);
    return fmt::format("the oracle's, within {:g}", options_.tolerance);
  }

  /// Whether gradients are to be differentiable: both, as far as the op goes.
  std::vector<bool> with_and_without_graph() const {
    return options_.second_derivatives ? std::vector{false, true} : std::vector{false};
  }

  std::string create_graph() const {
    check_gradients("with create_graph: ", gradients(f_, inputs_, true), gradients(f_, inputs_), options_.tolerance);
    return "the same gradient";
  }

  std::string input_by_input() const {
    const Tensors together = gradients(f_, inputs_);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      Variables at(inputs_.begin(), inputs_.end());
      at[i] = Variable::leaf(inputs_[i]);
      detail::check_near(fmt::format("gradient of input {} beside constants", i), gradients(f_, at, {at[i]})[0],
                         together[i], options_.tolerance);
    }
    return "the same gradients beside constants";
  }

  std::string computed_inputs() const {
    // Halving and doubling are exact: the gradient of the half is exactly twice that of the input.
    for (const bool graph : with_and_without_graph()) {
      Variables halves, at;
      for (const Tensor& input : inputs_) {
        halves.push_back(Variable::leaf(kernels::mul(input, 0.5)));
        at.push_back(halves.back() * 2.0);
      }
      const Tensors found = gradients(f_, at, halves, graph), direct = gradients(f_, inputs_, graph);
      for (std::size_t i = 0; i < found.size(); ++i) {
        detail::check_near(fmt::format("gradient of half of input {}", i), found[i], kernels::mul(direct[i], 2.0),
                           options_.tolerance);
      }
    }
    return "gradients go on to what they were computed from";
  }

  void repeated_input(detail::Checks& checks) const {
    const std::string name = "repeated input";
    if (!options_.repeated_input) {
      checks.skip(name, "switched off");
      return;
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      for (std::size_t j = i + 1; j < inputs_.size(); ++j) {
        if (inputs_[i].shape() == inputs_[j].shape()) {
          checks.run(name, [=, this] { return repeated(i, j); });
          return;
        }
      }
    }
    checks.skip(name, "there are no two inputs of one shape");
  }

  /// Input i at the place of j, too.
  std::string repeated(std::size_t i, std::size_t j) const {
    Tensors inputs = inputs_;
    inputs[j] = inputs[i];
    for (const bool graph : with_and_without_graph()) {
      const Tensors apart = gradients(f_, inputs, graph);
      Variables at = leaves_of(inputs);
      at[j] = at[i];
      detail::check_near(fmt::format("f(x, x) with x for inputs {} and {}: the gradient is not the sum of both", i, j),
                         gradients(f_, at, {at[i]}, graph)[0], kernels::add(apart[i], apart[j]), options_.tolerance);
    }
    return fmt::format("x for inputs {} and {}: the sum of both gradients", i, j);
  }

  std::string float32() const {
    const Tensors single = cast_all(inputs_, DType::float32), rounded = cast_all(single, DType::float64);
    const Tensor y = value_of(f_, single);
    check(y.dtype() == DType::float32, "float32 inputs give ", y.dtype());
    detail::check_near("against float64", y, value_of(f_, rounded), options_.float32_tolerance);
    check_gradients("against float64: ", gradients(f_, single), gradients(f_, rounded), options_.float32_tolerance);
    return fmt::format("value and gradients are float64's, within {:g}", options_.float32_tolerance);
  }

  std::string threads() const {
    detail::check_threads([this] {
      Tensors results = gradients(f_, inputs_);
      results.push_back(value_of(f_, inputs_));
      return results;
    });
    return "the same bits on 1, 2 and 3";
  }

  const DifferentiableFunction& f_;
  const Tensors& inputs_;
  const CheckOpOptions& options_;
  bool runs_ = false, has_elements_ = false;
};

}  // namespace

CheckReport check_op(const std::string& name, const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                     const CheckOpOptions& options) {
  detail::Checks checks(name, options.stop_at_failure);
  const auto not_float64 = [](const Tensor& input) { return input.dtype() != DType::float64; };
  if (const auto wrong = std::find_if(inputs.begin(), inputs.end(), not_float64); wrong != inputs.end()) {
    checks.run("value", [&]() -> std::string {
      check(false, "input ", wrong - inputs.begin(), " is ", wrong->dtype(),
            "; check_op takes float64, and casts to float32 itself; integers are captured in f");
      return {};
    });
    return checks.report();
  }
  const std::int64_t nodes = Node::alive();
  Tensors originals;
  std::vector<std::uint64_t> versions;
  for (const Tensor& input : inputs) {
    originals.push_back(input.clone());
    versions.push_back(input.version());
  }
  OpBattery(f, inputs, options).run(checks);
  checks.run("inputs untouched", [&]() -> std::string {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      detail::check_same_bits(fmt::format("input {} was written", i), inputs[i], originals[i]);
      check(inputs[i].version() == versions[i], "input ", i, " was opened for writing (mutable_data)");
    }
    return "nothing was written";
  });
  checks.run("nodes freed", [&]() -> std::string {
    check(Node::alive() == nodes, Node::alive() - nodes,
          " nodes are left; does a gradient function capture the op's output, or something keep a Variable?");
    return "all of them";
  });
  return checks.report();
}

}  // namespace gibbs
