// The graph of the first run is looked at once, for what f reached outside of itself: nodes are numbered in the order
// of their making, so an older node is one that f captured. The inputs of the node "checkpoint" are x and these.
#include "gibbs/autograd/checkpoint.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gibbs/autograd/buffer_journal.h"
#include "gibbs/autograd/detail/arguments.h"
#include "gibbs/autograd/examine.h"
#include "gibbs/autograd/record.h"

namespace gibbs {
namespace {

std::vector<detail::Reenter (*)()>& captures() {
  static std::vector<detail::Reenter (*)()> registered;
  return registered;
}

bool same_edge(const Edge& a, const Edge& b) { return a.node == b.node && a.output == b.output; }

/// The edges on which y's graph reaches nodes that are older than `first`, in the order of a walk from y that ends at
/// the arguments.
std::vector<Edge> edges_to_older(const Variable& y, std::uint64_t first, const Variables& arguments) {
  std::vector<Edge> found;
  std::unordered_set<const Node*> seen;
  for (const Variable& argument : arguments) {
    seen.insert(argument.edge().node.get());
  }
  std::vector<const Node*> stack;
  const auto follow = [&](const Edge& edge) {
    if (edge.node->number >= first) {
      if (seen.insert(edge.node.get()).second) {
        stack.push_back(edge.node.get());
      }
    } else if (std::none_of(found.begin(), found.end(), [&](const Edge& known) { return same_edge(known, edge); })) {
      found.push_back(edge);
    }
  };
  follow(y.edge());
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    for (const Edge& input : node->inputs) {
      follow(input);
    }
  }
  return found;
}

/// A function that ran once and can run again.
class Segment {
 public:
  Segment(MultivariateFunction f, Variables xs) : f_(std::move(f)), xs_(std::move(xs)) {}

  /// f(x), with its graph; notes what it needs to run again.
  Variable run_first() {
    for (const auto& capture : captures()) {
      reenter_.push_back(capture());
    }
    const std::uint64_t first = Node::made();
    const detail::BufferJournal journal;
    const Variables at = arguments();
    Variable y = f_(at);
    written_ = journal.entries();
    if (y.traced()) {
      captured_ = edges_to_older(y, first, at);
    }
    return y;
  }

  /// Where gradients go: the traced xs, then what f captured.
  std::vector<Edge> edges() const {
    std::vector<Edge> edges;
    for (const Variable& x : xs_) {
      if (x.traced()) {
        edges.push_back(x.edge());
      }
    }
    edges.insert(edges.end(), captured_.begin(), captured_.end());
    return edges;
  }

  Variables gradients(const GradientCall& call) const {
    const bool create_graph = tape_is_on();
    const detail::ExamineScope examine(anomaly_mode_is_on());
    const std::uint64_t first = Node::made();
    const Variables at = arguments();
    const Variable y = run_again(at);
    const std::vector<Edge> captured = y.traced() ? edges_to_older(y, first, at) : std::vector<Edge>();
    check(same_bits(y.value(), call.y[0].value()) && same_captured(captured), kDiffers);

    Variables targets;
    for (const Variable& argument : at) {
      if (argument.traced()) {
        targets.push_back(argument);
      }
    }
    for (const Edge& edge : captured_) {
      targets.emplace_back(Tensor(), edge);
    }
    return detail::gradients_at(targets, call.wanted, y, call.dy[0], create_graph);
  }

 private:
  static constexpr const char* kDiffers =
      "checkpoint: f did not do the second time what it did the first. It must depend on nothing but its inputs, "
      "parameters and buffers, and none of them may be written, replaced or frozen before the gradient is taken";

  /// A fresh node for every traced input, so that f's graph can be told from what x was computed from.
  Variables arguments() const {
    const TapeScope tape(true);
    Variables arguments;
    for (const Variable& x : xs_) {
      arguments.push_back(detail::argument(x));
    }
    return arguments;
  }

  Variable run_again(const Variables& at) const {
    const TapeScope tape(true);
    std::vector<std::shared_ptr<void>> surroundings;
    for (const detail::Reenter& reenter : reenter_) {
      surroundings.push_back(reenter());
    }
    const detail::BufferReplay replay(written_);
    return f_(at);
  }

  bool same_captured(const std::vector<Edge>& captured) const {
    return std::equal(captured.begin(), captured.end(), captured_.begin(), captured_.end(), same_edge);
  }

  MultivariateFunction f_;
  Variables xs_;
  std::vector<Edge> captured_;
  std::vector<detail::BufferJournal::Entry> written_;
  std::vector<detail::Reenter> reenter_;
};

}  // namespace

bool detail::on_checkpoint(Reenter (*capture)()) {
  captures().push_back(capture);
  return true;
}

Variable checkpoint(const MultivariateFunction& f, const Variables& xs) {
  if (!tape_is_on()) {
    return f(xs);
  }
  const auto segment = std::make_shared<Segment>(f, xs);
  Variable y = segment->run_first();
  if (!y.traced()) {
    return y;
  }
  return record_many(
      "checkpoint", {y.value()}, segment->edges(),
      [segment](const GradientCall& call) { return segment->gradients(call); },
      /*keep_outputs=*/true)[0];
}

Variable checkpoint(const UnaryFunction& f, const Variable& x) {
  return checkpoint([f](const Variables& xs) { return f(xs[0]); }, Variables{x});
}

}  // namespace gibbs
