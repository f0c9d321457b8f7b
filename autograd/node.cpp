#include "gibbs/autograd/node.h"

#include <atomic>
#include <utility>

namespace gibbs {
namespace {

std::atomic<std::uint64_t> nodes_made{0};
std::atomic<std::int64_t> nodes_gone{0};

/// What keeps other nodes alive in a dying node.
struct Remains {
  std::vector<Edge> inputs;
  GradientFunction gradients;
};

}  // namespace

Node::Node() : number(nodes_made++) {}

Node::~Node() {
  ++nodes_gone;
  if (inputs.empty() && !gradients) {
    return;
  }
  // A plain pointer, not a thread_local vector: static Variables die after the thread's own objects.
  thread_local std::vector<Remains>* draining = nullptr;
  if (draining) {
    draining->push_back({std::move(inputs), std::move(gradients)});
    return;
  }
  std::vector<Remains> queue;
  draining = &queue;
  queue.push_back({std::move(inputs), std::move(gradients)});
  while (!queue.empty()) {
    const Remains last = std::move(queue.back());
    queue.pop_back();
  }
  draining = nullptr;
}

std::uint64_t Node::made() { return nodes_made; }

std::int64_t Node::alive() { return static_cast<std::int64_t>(nodes_made) - nodes_gone; }

}  // namespace gibbs
