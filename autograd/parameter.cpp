#include "gibbs/autograd/parameter.h"

#include "gibbs/autograd/node.h"

namespace gibbs {

Parameter::Parameter(Tensor value) : state_(std::make_shared<State>()) { replace(std::move(value)); }

Variable Parameter::variable() const {
  check(defined(), "Parameter: it has no value yet; construct it from a tensor");
  if (state_->frozen) {
    return state_->value;
  }
  if (notes_are_taken()) {
    detail::take_notes(*state_->leaf.node, {state_->value});
  }
  return {state_->value, state_->leaf};
}

const Tensor& Parameter::gradient() const { return state_->leaf.node->stored_gradient; }

void Parameter::clear_gradient() { state_->leaf.node->stored_gradient = {}; }

void Parameter::set_gradient(Tensor gradient) {
  check(gradient.shape() == shape() && gradient.dtype() == dtype(), "set_gradient: the parameter is ", shape(), " ",
        dtype(), ", the gradient ", gradient.shape(), " ", gradient.dtype(), "; they must be equal");
  state_->leaf.node->stored_gradient = std::move(gradient);
}

HookHandle Parameter::on_gradient(GradientHook hook) const {
  return Variable(state_->value, state_->leaf).on_gradient(std::move(hook));
}

void Parameter::replace(Tensor value) {
  Edge leaf = Variable::leaf(value).edge();
  if (state_->leaf.node) {
    leaf.node->hooks = std::move(state_->leaf.node->hooks);
  }
  state_->leaf = std::move(leaf);
  state_->value = std::move(value);
}

}  // namespace gibbs
