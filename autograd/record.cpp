// The doors lead to one place: record_many makes the node. record_terms joins one lambda per input into its gradient
// function; fused chooses between the fast kernel and the reference when the gradient is asked for.
#include "gibbs/autograd/record.h"

#include <algorithm>
#include <memory>

#include "gibbs/autograd/detail/arguments.h"
#include "gibbs/autograd/detail/traced_inputs.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs {

bool detail::makes_node(const OpInfo& op, bool any_traced) {
  check(!in_parallel_region(), op.name, ": ops do not run inside parallel_for; call kernels on Tensors there");
  return any_traced && tape_is_on();
}

namespace {

/// A node without outputs, which are added one by one.
std::shared_ptr<Node> make_node(const OpInfo& op, std::vector<Edge> inputs, GradientFunction gradients) {
  auto node = std::make_shared<Node>();
  node->op = op.name;
  node->broadcasts = op.broadcasts;
  node->state = Node::State::live;
  node->inputs = std::move(inputs);
  node->gradients = std::move(gradients);
  if (detail::profiling()) {
    detail::take_notes(*node, {});  // the layer, for the gradient's place in the trace
  }
  return node;
}

Variable add_output(const std::shared_ptr<Node>& node, Tensor value, bool keep) {
  check(is_floating(value.dtype()), node->op, ": only float32 and float64 carry gradients, the result is ",
        value.dtype());
  const auto output = static_cast<int>(node->outputs.size());
  node->outputs.push_back({value.shape(), value.dtype()});
  if (keep) {
    node->kept.emplace_back(value);
  }
  return {std::move(value), Edge{node, output}};
}

/// A node of several outputs that have been looked at.
Variables record_outputs(const OpInfo& op, std::vector<Tensor> values, std::vector<Edge> inputs,
                         GradientFunction gradients, bool keep_outputs) {
  if (!detail::makes_node(op, !inputs.empty())) {
    return {std::make_move_iterator(values.begin()), std::make_move_iterator(values.end())};
  }
  const std::shared_ptr<Node> node = make_node(op, std::move(inputs), std::move(gradients));
  if (notes_are_taken()) {
    detail::take_notes(*node, values);
  }
  Variables results;
  results.reserve(values.size());
  for (Tensor& value : values) {
    results.push_back(add_output(node, std::move(value), keep_outputs));
  }
  return results;
}

}  // namespace

Variables record_many(const OpInfo& op, std::vector<Tensor> values, std::vector<Edge> inputs,
                      GradientFunction gradients, bool keep_outputs) {
  if (detail::examining()) {
    for (const Tensor& value : values) {
      detail::examine_output(op.name, {}, value);
    }
  }
  if (detail::profiling()) {
    detail::measure_op(op.name, inputs, values);
  }
  return record_outputs(op, std::move(values), std::move(inputs), std::move(gradients), keep_outputs);
}

Variable detail::record_terms(const OpInfo& op, Tensor value, std::vector<Edge> inputs,
                              std::vector<InputGradient> gradients, bool keep_output) {
  GradientFunction joint = [gradients = std::move(gradients)](const GradientCall& call) {
    Variables dx(gradients.size());
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (call.wanted[i]) {
        dx[i] = gradients[i](call);
      }
    }
    return dx;
  };
  const std::shared_ptr<Node> node = make_node(op, std::move(inputs), std::move(joint));
  if (notes_are_taken()) {
    take_notes(*node, {value});
  }
  return add_output(node, std::move(value), keep_output);
}

namespace {

/// The gradients of `reference` at the inputs, with a graph: entries of inputs that are not wanted stay undefined.
Variables differentiate_reference(const std::function<Variable(const Variables&)>& reference, const Variables& inputs,
                                  const Variable& dy, const std::vector<bool>& wanted) {
  Variables arguments;
  for (const Variable& x : inputs) {
    arguments.push_back(detail::argument(x));
  }
  return detail::gradients_at(arguments, wanted, reference(arguments), dy, /*create_graph=*/true);
}

}  // namespace

Variable fused(const OpInfo& op, Variables inputs, Tensor value, FusedGradient fast,
               std::function<Variable(const Variables&)> reference) {
  if (detail::examining()) {
    detail::examine_output(op.name, inputs, value);
  }
  if (detail::profiling()) {
    detail::measure_op(op.name, inputs, value);
  }
  const detail::TracedInputs traced(inputs);
  if (!detail::makes_node(op, !traced.empty())) {
    return {std::move(value)};
  }
  std::vector<Edge> edges = traced.edges(inputs);
  GradientFunction gradients = [name = op.name, inputs = std::move(inputs), traced, fast = std::move(fast),
                                reference = std::move(reference)](const GradientCall& call) {
    const std::vector<bool> wanted = traced.wanted(call);
    Variables all;
    if (tape_is_on()) {
      check(static_cast<bool>(reference), "grad: '", name, "' has a gradient on tensors only, which cannot be ",
            "differentiated again; give `fused` the same function in ops as its reference");
      all = differentiate_reference(reference, inputs, call.dy[0], wanted);
    } else {
      std::vector<Tensor> tensors = fast(inputs, call.dy[0].value(), wanted);
      if (detail::profiling()) {
        detail::measure_work(0, detail::bytes_of(inputs) + detail::bytes_of(call.dy) + detail::bytes_of(tensors));
      }
      all.assign(std::make_move_iterator(tensors.begin()), std::make_move_iterator(tensors.end()));
    }
    return traced.of_traced(std::move(all));
  };
  std::vector<Tensor> values;
  values.push_back(std::move(value));
  return std::move(record_outputs(op, std::move(values), std::move(edges), std::move(gradients), false)[0]);
}

}  // namespace gibbs
