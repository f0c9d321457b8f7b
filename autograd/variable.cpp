#include "gibbs/autograd/variable.h"

#include <algorithm>
#include <ostream>

#include "gibbs/autograd/node.h"

namespace gibbs {
namespace {

thread_local bool tape_on = true;

Node& leaf_node(const Edge& edge, const char* action) {
  check(edge.node && edge.node->state == Node::State::leaf, action,
        ": only leaves store gradients; make one with Variable::leaf, or use grad()");
  return *edge.node;
}

}  // namespace

const Tensor& Saved::value() const {
  check(intact(), "saved tensor of shape ", value_.shape(),
        " was overwritten in place after it was recorded; clone it before writing");
  return value_;
}

Variable Variable::leaf(Tensor value) {
  check(value.defined() && is_floating(value.dtype()), "Variable::leaf: needs a float32 or float64 tensor, not ",
        value.dtype());
  auto node = std::make_shared<Node>();
  node->op = "leaf";
  node->outputs = {{value.shape(), value.dtype()}};
  if (notes_are_taken()) {
    detail::take_notes(*node, {value});
  }
  return {std::move(value), Edge{std::move(node), 0}};
}

const Tensor& Variable::gradient() const { return leaf_node(edge_, "gradient").stored_gradient; }

HookHandle Variable::on_gradient(GradientHook hook) const {
  check(traced(), "on_gradient: a constant has no gradient; make it with Variable::leaf before computing with it");
  return edge_.node->hooks.add({edge_.output, std::move(hook)});
}

void Variable::clear_gradient() { leaf_node(edge_, "clear_gradient").stored_gradient = {}; }

std::ostream& operator<<(std::ostream& out, const Variable& x) { return out << x.value(); }

bool tape_is_on() { return tape_on; }

bool may_be_differentiated(const Variables& inputs) {
  return tape_on && std::ranges::any_of(inputs, [](const Variable& x) { return x.traced(); });
}

TapeScope::TapeScope(bool on) : before_(tape_on) { tape_on = on; }

TapeScope::~TapeScope() { tape_on = before_; }

}  // namespace gibbs
