#include "gibbs/autograd/parameter.h"

#include <utility>

#include "gibbs/autograd/node.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs {

Parameter::Parameter(Tensor value) : state_(std::make_shared<State>()) { replace(std::move(value)); }

Parameter Parameter::pending(const Shape& shape, Initializer initializer, std::int64_t fan_in, std::int64_t fan_out) {
  check(static_cast<bool>(initializer), "Parameter::pending: there is no initializer for ", shape);
  Parameter parameter;
  parameter.state_ = std::make_shared<State>();
  parameter.state_->pending = {shape, DType::float32, std::move(initializer), fan_in, fan_out};
  return parameter;
}

void Parameter::initialize(const RandomKey& key) {
  if (!is_pending()) {
    return;
  }
  const auto& [shape, dtype, initializer, fan_in, fan_out] = *state_->pending;
  const Tensor value = initializer(shape, fan_in, fan_out, key);
  check(value.defined() && value.shape() == shape, "Parameter: the initializer of ", shape, " gave ",
        value.defined() ? to_string(value.shape()) : "an undefined tensor", "; it must give what it is asked for");
  replace(kernels::cast(value, dtype));
}

void Parameter::refuse() const {
  check(defined(), "Parameter: it has no value yet; construct it from a tensor");
  fail("Parameter: ", dtype(), " ", shape(), " has no numbers yet; call nn::initialize(model, seed) first");
}

Variable Parameter::variable() const {
  const State& state = ready();
  if (state.frozen) {
    return state.value;
  }
  if (notes_are_taken()) {
    detail::take_notes(*state.leaf.node, {state.value});
  }
  return {state.value, state.leaf};
}

const Tensor& Parameter::gradient() const { return ready().leaf.node->stored_gradient; }

void Parameter::clear_gradient() { ready().leaf.node->stored_gradient = {}; }

void Parameter::set_gradient(Tensor gradient) {
  State& state = ready();
  check(gradient.shape() == shape() && gradient.dtype() == dtype(), "set_gradient: the parameter is ", shape(), " ",
        dtype(), ", the gradient ", gradient.shape(), " ", gradient.dtype(), "; they must be equal");
  state.leaf.node->stored_gradient = std::move(gradient);
}

HookHandle Parameter::on_gradient(GradientHook hook) const {
  const State& state = ready();
  return Variable(state.value, state.leaf).on_gradient(std::move(hook));
}

void Parameter::replace(Tensor value) {
  Edge leaf = Variable::leaf(value).edge();
  if (state_->leaf.node) {
    leaf.node->hooks = std::move(state_->leaf.node->hooks);
  }
  state_->leaf = std::move(leaf);
  state_->value = std::move(value);
  state_->pending.reset();
}

void Parameter::convert(DType dtype) {
  if (is_pending()) {
    check(is_floating(dtype), "Parameter: it can be float32 or float64, not ", dtype);
    state_->pending->dtype = dtype;
  } else {
    replace(kernels::cast(value(), dtype));
  }
}

Parameter Parameter::clone() const {
  Parameter copy;
  if (is_pending()) {
    copy.state_ = std::make_shared<State>();
    copy.state_->pending = state_->pending;
  } else {
    copy = Parameter(value().clone());
  }
  copy.set_frozen(frozen());
  return copy;
}

}  // namespace gibbs
