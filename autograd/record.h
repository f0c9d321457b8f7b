// The doors into the tape: how an op is written.
//
// An op is a function on Variables: one kernel call and one gradient lambda per input, written in other ops. Since the
// lambdas are made of ops, they can be recorded themselves, and gradients of gradients cost nothing to write:
//
//   /// y = exp(x).   dx = y dy.
//   Variable exp(const Variable& x) {
//     return record("exp", kernels::exp(x.value()),
//                   wrt(x, [](const Variable& y, const Variable& dy) { return y * dy; }));
//   }
//
// Take the first that fits: `record` with formulas; `linear_map` for y = A x; `fused` for a fast joint kernel beside
// the same function spelled in ops. Ops of users' own go through the same doors from the users' own files.
//
// Lambdas capture by value: Variables for inputs that the formula needs, saved(tensor) for tensors that others may
// write to. An output is never captured (it would keep itself alive); a lambda that needs it takes (y, dy).
#pragma once

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "gibbs/autograd/examine.h"
#include "gibbs/autograd/measure.h"
#include "gibbs/autograd/node.h"
#include "gibbs/autograd/variable.h"

namespace gibbs {

/// An op's name (a string literal: only the pointer is kept), and whether it broadcasts its operands: then the engine
/// sums gradients back to the operands' shapes.
struct OpInfo {
  const char* name;
  bool broadcasts = false;

  OpInfo(const char* op_name, bool op_broadcasts = false)  // NOLINT: a plain name is an OpInfo
      : name(op_name), broadcasts(op_broadcasts) {}
};

inline OpInfo broadcasting(const char* name) { return {name, true}; }

/// The general door: several outputs, and one function that gives the gradients of all `inputs`, in their order. List
/// traced inputs only: an edge without a node has nowhere to send a gradient.
/// `keep_outputs`: the gradient function reads GradientCall::y.
Variables record_many(const OpInfo& op, std::vector<Tensor> values, std::vector<Edge> inputs,
                      GradientFunction gradients, bool keep_outputs = false);

namespace detail {

template <class Gradient>
constexpr bool reads_output = std::is_invocable_r_v<Variable, Gradient, const Variable&, const Variable&>;

template <class Gradient>
constexpr bool gives_gradient = reads_output<Gradient> || std::is_invocable_r_v<Variable, Gradient, const Variable&>;

}  // namespace detail

/// An input with its gradient: a lambda (dy) or (y, dy) to the gradient of `input`.
template <class Gradient>
struct Wrt {
  const Variable& input;
  Gradient gradient;
};

template <class Gradient>
Wrt<Gradient> wrt(const Variable& input, Gradient gradient) {
  static_assert(
      detail::gives_gradient<Gradient>,
      "wrt(x, f): f is called as f(dy) or f(y, dy), each a const Variable&, and returns the gradient of x, a Variable");
  return {input, std::move(gradient)};
}

namespace detail {

using InputGradient = std::function<Variable(const GradientCall&)>;

template <class Gradient>
InputGradient as_input_gradient(Gradient gradient) {
  if constexpr (reads_output<Gradient>) {
    return [f = std::move(gradient)](const GradientCall& call) { return f(call.y[0], call.dy[0]); };
  } else {
    return [f = std::move(gradient)](const GradientCall& call) { return f(call.dy[0]); };
  }
}

/// Whether an op with such inputs becomes a node. Throws inside parallel_for, where the tape switch of the calling
/// thread does not reach.
bool makes_node(const OpInfo& op, bool any_traced);

Variable record_terms(const OpInfo& op, Tensor value, std::vector<Edge> inputs, std::vector<InputGradient> gradients,
                      bool keep_output);

}  // namespace detail

/// One output `value`, one term wrt(input, gradient) per input. The lambda of a constant input is dropped at once with
/// everything it captured: what a graph holds is what its live lambdas captured.
template <class... Gradients>
Variable record(const OpInfo& op, Tensor value, Wrt<Gradients>... terms) {
  if (detail::examining()) {
    detail::examine_output(op.name, {terms.input...}, value);
  }
  if (detail::profiling()) {
    detail::measure_op(op.name, {terms.input...}, value);
  }
  if (!detail::makes_node(op, (terms.input.traced() || ...))) {
    return {std::move(value)};
  }
  std::vector<Edge> inputs;
  std::vector<detail::InputGradient> gradients;
  inputs.reserve(sizeof...(terms));
  gradients.reserve(sizeof...(terms));
  const auto add = [&](auto& term) {
    if (term.input.traced()) {
      inputs.push_back(term.input.edge());
      gradients.push_back(detail::as_input_gradient(std::move(term.gradient)));
    }
  };
  (add(terms), ...);
  return detail::record_terms(op, std::move(value), std::move(inputs), std::move(gradients),
                              (detail::reads_output<Gradients> || ...));
}

/// y = A x for a linear A: the gradient is the adjoint (the transposed map), whose gradient is A again. Two kernels
/// serve every order. `a` and `adjoint` are functions on Tensors, copied into the graph.
template <class A, class Adjoint>
Variable linear_map(const OpInfo& op, const Variable& x, A a, Adjoint adjoint) {
  Tensor value = a(x.value());
  return record(op, std::move(value), wrt(x, [op, a = std::move(a), adjoint = std::move(adjoint)](const Variable& dy) {
                  return linear_map(op, dy, adjoint, a);
                }));
}

/// Joint gradients on Tensors: fast(inputs, dy, wanted) returns one tensor per input, undefined where not wanted.
using FusedGradient =
    std::function<std::vector<Tensor>(const Variables& inputs, const Tensor& dy, const std::vector<bool>& wanted)>;

/// One output computed by a hand-written kernel. Tape off (training): `fast` gives all wanted gradients in one pass.
/// Tape on (create_graph): `reference`, the same function spelled in ops, is differentiated instead; it is also the
/// test oracle. It runs on one argument node per input position, so f(x, x) counts x twice and nothing upstream is
/// walked. An op of a user's own may do without one: then create_graph through it is an error.
Variable fused(const OpInfo& op, Variables inputs, Tensor value, FusedGradient fast,
               std::function<Variable(const Variables&)> reference = {});

}  // namespace gibbs
