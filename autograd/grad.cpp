// The engine. A graph is walked twice, both times without recursion: once to put its nodes in topological order and to
// mark those on a path to a requested input, once in reverse, handing each node the complete gradient of its outputs.
// A node must wait for all its users: that is why the order is topological. All state of a traversal lives here, none
// in the nodes, so two threads may differentiate graphs that share leaves.
#include "gibbs/autograd/grad.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gibbs/autograd/examine.h"
#include "gibbs/autograd/measure.h"
#include "gibbs/autograd/node.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs {
namespace {

class Traversal {
 public:
  /// From y up to the requested inputs: xs and, when `all_leaves`, every leaf that y depends on.
  Traversal(const Variable& y, const Variables& xs, bool all_leaves, const GradOptions& options)
      : all_leaves_(all_leaves), consume_(!options.create_graph && !options.retain_graph), watch_(options.watch) {
    for (const Variable& x : xs) {
      visits_[x.edge().node.get()].target = true;
    }
    for (const Variable& x : options.stop_at) {
      visits_[x.edge().node.get()].stop_at = true;
    }
    sort(y.edge().node);
  }

  /// Runs the reverse pass from y with cotangent dy.
  void run(const Variable& y, const Variable& dy) {
    add_gradient(visits_.at(y.edge().node.get()), y.edge(), dy);
    for (; !order_.empty(); order_.pop_back()) {
      differentiate(order_.back());
    }
  }

  /// The gradient collected for an edge; undefined when none arrived.
  Variable gradient_of(const Edge& edge) {
    const auto visit = visits_.find(edge.node.get());
    if (visit == visits_.end() || visit->second.gradients.empty()) {
      return {};
    }
    return visit->second.gradients[edge.output];
  }

  const std::vector<std::shared_ptr<Node>>& reached_leaves() const { return leaves_; }

 private:
  /// What this traversal knows of a node.
  struct Visit {
    bool entered = false;
    bool target = false;   // a requested input
    bool stop_at = false;  // to be treated as a leaf
    bool ends = false;     // the walk ends here: at leaves, and where it is to stop
    bool needed = false;   // some path leads from here to a requested input
    Variables gradients;   // one per output, once any has arrived
  };

  struct Step {
    std::shared_ptr<Node> node;
    Visit* visit;  // references into an unordered_map stay valid
  };

  /// Post-order of everything upstream of `root`, and `needed` for each: a node is needed when one of its inputs is,
  /// and those are complete before it.
  void sort(const std::shared_ptr<Node>& root) {
    struct Frame {
      Step step;
      std::size_t next_input = 0;
    };
    std::vector<Frame> stack;
    const auto enter = [&](const std::shared_ptr<Node>& node, Visit& visit) {
      const bool is_leaf = node->state == Node::State::leaf;
      visit.entered = true;
      visit.needed = visit.target || (all_leaves_ && is_leaf);
      visit.ends = visit.stop_at || is_leaf;
      if (is_leaf) {
        leaves_.push_back(node);
      }
      stack.push_back({{node, &visit}});
    };
    enter(root, visits_[root.get()]);
    while (!stack.empty()) {
      Frame& frame = stack.back();
      Visit& visit = *frame.step.visit;
      if (!visit.ends && frame.next_input < frame.step.node->inputs.size()) {
        const std::shared_ptr<Node>& input = frame.step.node->inputs[frame.next_input++].node;
        if (Visit& of_input = visits_[input.get()]; of_input.entered) {
          visit.needed |= of_input.needed;
        } else {
          enter(input, of_input);
        }
        continue;
      }
      order_.push_back(std::move(frame.step));
      stack.pop_back();
      if (!stack.empty()) {
        stack.back().step.visit->needed |= visit.needed;
      }
    }
  }

  void differentiate(const Step& step) {
    const std::shared_ptr<Node>& node = step.node;
    Visit& visit = *step.visit;
    if (!visit.needed || visit.gradients.empty()) {
      return;
    }
    if (!visit.stop_at) {  // there, whoever walks on runs them
      run_hooks(*node, visit.gradients);
    }
    if (visit.ends) {
      return;
    }
    inputs_.clear();
    wanted_.clear();
    for (const Edge& input : node->inputs) {
      inputs_.push_back(&visits_.at(input.node.get()));
      wanted_.push_back(inputs_.back()->needed);
    }
    if (std::find(wanted_.begin(), wanted_.end(), true) == wanted_.end()) {
      return;
    }
    check(node->state != Node::State::consumed, "grad: '", node->op,
          "' was already differentiated and freed; pass .retain_graph = true to the first call");
    const detail::MeasuredGradient measured(*node, wanted_);
    Variables dy = visit.target ? visit.gradients : std::exchange(visit.gradients, {});
    for (std::size_t k = 0; k < dy.size(); ++k) {
      if (!dy[k].defined()) {
        dy[k] = Tensor::zeros(node->outputs[k].shape, node->outputs[k].dtype);
      }
    }
    Variables y;
    for (const Saved& kept : node->kept) {
      y.emplace_back(kept.value(), Edge{node, static_cast<int>(y.size())});
    }
    Variables dx = gradients_of(*node, {y, dy, wanted_});
    check(dx.size() == node->inputs.size(), "grad: '", node->op, "' gave ", dx.size(), " gradients for ",
          node->inputs.size(), " inputs");
    for (std::size_t i = 0; i < dx.size(); ++i) {
      if (wanted_[i]) {
        Variable gradient = fitted(*node, static_cast<int>(i), std::move(dx[i]));
        if (watch_) {
          watch_(*node, static_cast<int>(i), gradient);
        }
        if (anomaly_mode_is_on()) {
          detail::examine_gradient(*node, static_cast<int>(i), dy, gradient);
        }
        add_gradient(*inputs_[i], node->inputs[i], std::move(gradient));
      }
    }
    if (consume_) {
      node->state = Node::State::consumed;
      node->gradients = nullptr;
      node->kept.clear();
    }
  }

  static Variables gradients_of(const Node& node, const GradientCall& call) {
    const detail::ExamineScope examine(false);  // what counts is the result; on the way infinities may come and go
    return node.gradients(call);
  }

  static void run_hooks(const Node& node, Variables& gradients) {
    if (node.hooks.empty()) {
      return;
    }
    for (const auto& [output, hook] : node.hooks.all()) {
      Variable& gradient = gradients[output];
      if (!gradient.defined()) {
        continue;
      }
      if (Variable replaced = hook(gradient); replaced.defined()) {
        check(replaced.shape() == gradient.shape() && replaced.dtype() == gradient.dtype(), "grad: a hook on '",
              node.op, "' was given a gradient of ", gradient.shape(), " ", gradient.dtype(), " and returned ",
              replaced.shape(), " ", replaced.dtype(), "; they must be equal");
        gradient = std::move(replaced);
      }
    }
  }

  /// The gradient in its input's shape: broadcasting undone where the op broadcasts, an error elsewhere.
  static Variable fitted(const Node& node, int i, Variable dx) {
    const Edge& input = node.inputs[i];
    const auto& expected = input.node->outputs[input.output];
    check(dx.defined() && dx.dtype() == expected.dtype, "grad: '", node.op, "' gave ",
          dx.defined() ? "a gradient of another dtype than" : "no gradient for", " input ", i);
    if (dx.shape() == expected.shape) {
      return dx;
    }
    check(node.broadcasts, "grad: '", node.op, "' gave a gradient of shape ", dx.shape(), " for input ", i,
          " of shape ", expected.shape, "; record it as broadcasting(...) if that is what it does");
    return sum_to(dx, expected.shape);
  }

  static void add_gradient(Visit& visit, const Edge& edge, Variable gradient) {
    visit.gradients.resize(edge.node->outputs.size());
    Variable& slot = visit.gradients[edge.output];
    slot = slot.defined() ? slot + gradient : std::move(gradient);
  }

  bool all_leaves_, consume_;
  const std::function<void(const Node&, int, const Variable&)>& watch_;
  std::unordered_map<Node*, Visit> visits_;
  std::vector<Step> order_;
  std::vector<std::shared_ptr<Node>> leaves_;
  // Of the node at hand; kept from node to node for their memory.
  std::vector<Visit*> inputs_;
  std::vector<bool> wanted_;
};

void check_cotangent(const char* op, const Variable& y, const Variable& dy) {
  check(dy.shape() == y.shape() && dy.dtype() == y.dtype(), op, ": y is ", y.shape(), " ", y.dtype(),
        ", its cotangent ", dy.shape(), " ", dy.dtype(), "; they must be equal");
}

Tensor ones_for(const char* op, const Variable& y) {
  check(y.defined() && y.numel() == 1, op, ": y has shape ", y.shape(),
        "; only a one-element y has a gradient of its own. Reduce it, or pass a cotangent dy");
  return Tensor::ones(y.shape(), y.dtype());
}

}  // namespace

Variables grad(const Variable& y, const Variables& xs, const Variable& dy, const GradOptions& options) {
  check(!in_parallel_region(), "grad: does not run inside parallel_for");
  check_cotangent("grad", y, dy);
  for (std::size_t i = 0; i < xs.size(); ++i) {
    check(xs[i].traced(), "grad: input ", i, " is a constant; make it with Variable::leaf before computing y");
  }
  const TapeScope scope(options.create_graph);
  Variables found(xs.size());
  if (y.traced()) {
    Traversal traversal(y, xs, /*all_leaves=*/false, options);
    traversal.run(y, dy);
    for (std::size_t i = 0; i < xs.size(); ++i) {
      found[i] = traversal.gradient_of(xs[i].edge());
    }
  }
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!found[i].defined()) {
      check(options.allow_unused, "grad: y does not depend on input ", i, "; pass .allow_unused = true for zeros");
      const Edge& edge = xs[i].edge();
      const Node::Output& output = edge.node->outputs[edge.output];
      found[i] = Tensor::zeros(output.shape, output.dtype);
    }
  }
  return found;
}

Variables grad(const Variable& y, const Variables& xs, const GradOptions& options) {
  return grad(y, xs, ones_for("grad", y), options);
}

void backward(const Variable& y, const Tensor& dy, const GradOptions& options) {
  check(!in_parallel_region(), "backward: does not run inside parallel_for");
  check(y.traced(),
        "backward: y does not depend on any leaf; was it computed under NoTape, from constants, or from frozen "
        "parameters?");
  check(!options.create_graph, "backward: stored gradients are tensors without a graph; use grad() for create_graph");
  check_cotangent("backward", y, dy);
  const NoTape no_tape;
  Traversal traversal(y, {}, /*all_leaves=*/true, options);
  traversal.run(y, dy);
  for (const std::shared_ptr<Node>& leaf : traversal.reached_leaves()) {
    if (const Variable gradient = traversal.gradient_of({leaf, 0}); gradient.defined()) {
      Tensor& stored = leaf->stored_gradient;
      stored = stored.defined() ? stored + gradient.value() : gradient.value();
    }
  }
}

void backward(const Variable& y, const GradOptions& options) { backward(y, ones_for("backward", y), options); }

}  // namespace gibbs
