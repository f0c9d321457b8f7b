// Node: one recorded op. For those who write ops or read the engine; users of Variables need not know it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "gibbs/autograd/notes.h"
#include "gibbs/autograd/variable.h"

namespace gibbs {

/// What a gradient function sees: its node's outputs (empty unless kept), their gradients, and which inputs are wanted.
struct GradientCall {
  const Variables& y;
  const Variables& dy;
  const std::vector<bool>& wanted;
};

/// One gradient per input of the node; entries that are not wanted may stay undefined.
using GradientFunction = std::function<Variables(const GradientCall&)>;

struct Node {
  enum class State { leaf, live, consumed };
  struct Output {
    Shape shape;
    DType dtype;
  };
  struct OutputHook {
    int output;
    GradientHook hook;
  };

  /// Nodes are numbered in the order of their making, over all threads.
  const std::uint64_t number;
  const char* op = "";  // a string literal
  State state = State::leaf;
  /// The op broadcasts its operands: the engine sums its gradients back to the operands' shapes. Elsewhere a gradient
  /// of another shape than its input is an error.
  bool broadcasts = false;
  std::vector<Edge> inputs;     // upstream only; every one has a node
  std::vector<Output> outputs;  // what a missing gradient is filled with, and what a gradient is checked against
  std::vector<Saved> kept;      // the outputs' values, only if the gradient function reads them
  GradientFunction gradients;
  HookList<OutputHook> hooks;    // see Variable::on_gradient
  Tensor stored_gradient;        // of a leaf, by backward()
  std::unique_ptr<Notes> notes;  // null unless somebody watched, or named it

  Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  /// What a dying node owns goes to a queue that the outermost destructor drains: graphs of a million nodes are freed
  /// without recursion, whether nodes hold each other through edges or through what their functions captured.
  ~Node();

  /// Nodes made so far in the process: the number of the next one.
  static std::uint64_t made();
  /// Those of them that are alive: for tests of leaks.
  static std::int64_t alive();
};

}  // namespace gibbs
