// Reverse-mode differentiation. One traversal serves both faces: `grad` returns gradients as Variables, of any order;
// `backward` stores them in the leaves, for training.
//
// The cotangent dy of a value y has y's shape: the gradient, with respect to y, of whatever is computed from y. What is
// returned for x is the gradient of sum(y * dy), which for a one-element y and dy = 1 is dy/dx itself.
#pragma once

#include <functional>

#include "gibbs/autograd/variable.h"

namespace gibbs {

struct GradOptions {
  /// The gradients carry a graph and can be differentiated again. Implies retain_graph.
  bool create_graph = false;
  /// Keep the graph for another call. Otherwise nodes are consumed as the traversal passes, and reaching one again
  /// throws.
  bool retain_graph = false;
  /// An input that y does not depend on gets zeros instead of an error.
  bool allow_unused = false;
  /// Treat these as leaves: the traversal does not look at what they were computed from. For `fused`.
  Variables stop_at = {};
  /// Called with every gradient that a node hands to one of its inputs, as it passes: input i of the node receives
  /// `gradient`, and sums it with what its other users send. For drawing, and for looking on.
  std::function<void(const Node& node, int i, const Variable& gradient)> watch = {};
};

/// The gradient of sum(y * dy) with respect to every x in xs. Throws when an x is a constant, when y
/// does not depend on it (unless allow_unused), or when a part of the graph was already consumed.
Variables grad(const Variable& y, const Variables& xs, const Variable& dy, const GradOptions& options = {});
/// The same for a one-element y, whose cotangent is 1.
Variables grad(const Variable& y, const Variables& xs, const GradOptions& options = {});

/// Adds d y / d leaf to the stored gradient of every leaf that y depends on (Variable::gradient, Parameter::gradient).
/// y has one element, or a cotangent dy is given.
void backward(const Variable& y, const GradOptions& options = {});
void backward(const Variable& y, const Tensor& dy, const GradOptions& options = {});

}  // namespace gibbs
