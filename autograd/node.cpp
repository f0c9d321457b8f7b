#include "gibbs/autograd/node.h"

#include <atomic>
#include <utility>

namespace gibbs {
namespace {

std::atomic<std::int64_t> nodes_alive{0};

/// What keeps other nodes alive in a dying node.
struct Remains {
  std::vector<Edge> inputs;
  GradientFunction gradients;
};

}  // namespace

Node::Node() { ++nodes_alive; }

Node::~Node() {
  --nodes_alive;
  if (inputs.empty() && !gradients) {
    return;
  }
  thread_local std::vector<Remains> queue;
  thread_local bool draining = false;
  queue.push_back({std::move(inputs), std::move(gradients)});
  if (draining) {
    return;
  }
  draining = true;
  while (!queue.empty()) {
    const Remains last = std::move(queue.back());
    queue.pop_back();
  }
  draining = false;
}

std::int64_t Node::alive() { return nodes_alive; }

}  // namespace gibbs
