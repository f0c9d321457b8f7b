// Lesson 2: why the order must be topological.
//
// When a value is used twice, its gradient is the sum of what both users send back. A diamond is the smallest case:
//
//          sin
//        /     \             y = sin(x) + cos(x)
//      x         +  -> y     dy/dx = cos(x) - sin(x), one term from each side
//        \     /
//          cos
//
// Three ways to walk a chain of diamonds backwards:
//   - Recursion hands every gradient on at once. Right, but whatever is upstream of a shared value is walked again for
//     each user: every diamond doubles the work, 2^n walks for n of them.
//   - Recursion that enters each node only once is fast and wrong: the first user's gradient goes on upstream, and when
//     the second user's arrives, the node is done.
//   - The engine lets a node wait until all its users have reported: that is what reverse topological order means.
//     Right, and every arrow is used once.
#include <gibbs/gibbs.h>

#include <cmath>
#include <unordered_set>

#include "examples/program/verdict.h"
#include "gibbs/autograd/node.h"

using namespace gibbs;

struct Walk {
  double gradient = 0;      // what arrived at the leaf
  std::int64_t handed = 0;  // how often a gradient was handed to an input
};

/// Hands dy upstream at once. With `entered`, every node only hands on the first gradient that it gets.
void push(const Edge& edge, const Variable& dy, Walk& walk, std::unordered_set<const Node*>* entered = nullptr) {
  const Node& node = *edge.node;
  if (node.state == Node::State::leaf) {
    walk.gradient += dy.value().item();
    return;
  }
  if (entered != nullptr && !entered->insert(&node).second) {
    return;
  }
  const Variables dx = node.gradients({{}, {dy}, std::vector<bool>(node.inputs.size(), true)});
  for (std::size_t i = 0; i < dx.size(); ++i) {
    ++walk.handed;
    push(node.inputs[i], dx[i], walk, entered);
  }
}

int lesson() {
  const Tensor one = Tensor::of(1.0, DType::float64);
  bool recursion_is_right = true, engine_is_linear = true, recursion_doubles = true, once_is_wrong = true;
  fmt::print("          recursion              each node once         the engine\n");
  fmt::print("{:>8}  {:>10} {:>10}  {:>10} {:>10}  {:>10} {:>10}\n", "diamonds", "gradient", "handed on", "gradient",
             "handed on", "gradient", "handed on");
  for (int diamonds = 2; diamonds <= 14; diamonds += 2) {
    const Variable x = Variable::leaf(Tensor::of(0.1, DType::float64));
    Variable y = x;
    for (int i = 0; i < diamonds; ++i) {
      y = sin(y) + cos(y);
    }
    Walk recursive, once, engine;
    std::unordered_set<const Node*> entered;
    {
      const NoTape no_tape;
      push(y.edge(), one, recursive);
      push(y.edge(), one, once, &entered);
    }
    const auto count = [&engine](const Node&, int, const Variable&) { ++engine.handed; };
    engine.gradient = grad(y, {x}, {.watch = count})[0].value().item();
    fmt::print("{:>8}  {:>10.3e} {:>10}  {:>10.3e} {:>10}  {:>10.3e} {:>10}\n", diamonds, recursive.gradient,
               recursive.handed, once.gradient, once.handed, engine.gradient, engine.handed);

    recursion_is_right &= std::abs(recursive.gradient / engine.gradient - 1) < 1e-9;
    recursion_doubles &= recursive.handed == 4 * ((std::int64_t{1} << diamonds) - 1);
    engine_is_linear &= engine.handed == 4 * diamonds;
    once_is_wrong &= std::abs(once.gradient / engine.gradient - 1) > 0.1;
  }
  return examples::verdict({
      {"recursion finds the engine's gradient", recursion_is_right},
      {"but hands on 4 (2^n - 1) gradients for n diamonds", recursion_doubles},
      {"the engine hands on 4 n", engine_is_linear},
      {"entering each node once, in the order of recursion, is wrong", once_is_wrong},
  });
}

int main() { return examples::guarded(lesson); }
