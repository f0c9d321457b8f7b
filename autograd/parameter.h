// Parameter and Buffer: tensors that live from step to step. Both are shared handles: copies of a Parameter are the
// same parameter, so optimizers survive moves of the model, and tied weights are one weight.
//
// A pending parameter has a shape and an initializer, and no numbers yet: drawn from a key that names its place in the
// model (nn::initialize), they do not depend on the order in which layers are made, which C++ leaves to the compiler.
//
// They are the only places where a tensor is overwritten in place. A graph recorded before such a write notices (its
// saved versions differ) and refuses to give gradients of numbers that are gone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "gibbs/autograd/buffer_journal.h"
#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/random.h"

namespace gibbs {

/// A trainable float32 or float64 tensor.
class Parameter {
 public:
  /// The numbers of a weight that connects fan_in inputs to fan_out outputs, drawn from a key (nn/init.h has some).
  using Initializer =
      std::function<Tensor(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key)>;

  Parameter() = default;
  explicit Parameter(Tensor value);
  /// A parameter whose shape is known and whose numbers come later, by `initialize` or `replace`. Until then it is
  /// shared, cloned, frozen and converted like any other, and whatever needs its numbers throws. float32 at first.
  static Parameter pending(const Shape& shape, Initializer initializer, std::int64_t fan_in, std::int64_t fan_out);
  bool is_pending() const { return state_ && state_->pending; }
  /// Draws the numbers of a pending parameter, in its dtype. One that has numbers keeps them.
  void initialize(const RandomKey& key);

  bool defined() const { return state_ != nullptr; }
  const Tensor& value() const { return ready().value; }
  const Shape& shape() const { return is_pending() ? state_->pending->shape : value().shape(); }
  DType dtype() const { return is_pending() ? state_->pending->dtype : value().dtype(); }

  /// The value as a leaf, or as a constant while the parameter is frozen. Ops take a Parameter as it is.
  Variable variable() const;
  operator Variable() const { return variable(); }  // NOLINT: conversion is its purpose

  /// What `backward` has summed since the last clear; undefined before the first.
  const Tensor& gradient() const;
  void clear_gradient();
  /// Another gradient of this shape and dtype, or an error: for those who work on gradients before the optimizer reads
  /// them.
  void set_gradient(Tensor gradient);
  /// See Variable::on_gradient. The hook stays with this parameter when its value is replaced; clones have none.
  HookHandle on_gradient(GradientHook hook) const;

  /// A frozen parameter gets no gradients and optimizers leave it alone.
  bool frozen() const { return state_->frozen; }
  void set_frozen(bool frozen) { state_->frozen = frozen; }

  /// The value for writing in place (optimizers, loading). Graphs recorded before become invalid.
  Tensor& mutable_value() { return ready().value; }
  /// Another value, of any shape or dtype; the gradient is cleared.
  void replace(Tensor value);
  /// The same numbers as float32 or float64, now or when they come; the gradient is cleared.
  void convert(DType dtype);
  /// Another parameter with the same numbers, or pending like this one; as frozen as this one.
  Parameter clone() const;

  /// True when both handles are the same parameter.
  bool same_as(const Parameter& other) const { return state_ == other.state_; }
  /// Identity, for maps from parameters to optimizer state.
  const void* id() const { return state_.get(); }

 private:
  struct Pending {
    Shape shape;
    DType dtype;
    Initializer initializer;
    std::int64_t fan_in, fan_out;
  };
  struct State {
    Tensor value;  // undefined while pending
    Edge leaf;
    bool frozen = false;
    std::optional<Pending> pending = {};
  };

  /// The state when there are numbers in it; throws otherwise.
  State& ready() const {
    if (!state_ || state_->pending) {
      refuse();
    }
    return *state_;
  }
  [[noreturn]] void refuse() const;

  std::shared_ptr<State> state_;
};

/// A tensor that belongs to a module and is saved with it, but is not trained (running statistics, counters).
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(Tensor value) : value_(std::make_shared<Tensor>(std::move(value))) {}

  bool defined() const { return value_ != nullptr; }
  const Tensor& value() const { return *value_; }
  Tensor& mutable_value() { return written(); }
  void replace(Tensor value) { written() = std::move(value); }
  bool same_as(const Buffer& other) const { return value_ == other.value_; }
  const void* id() const { return value_.get(); }

 private:
  /// The tensor, about to be written: a computation that is done twice (checkpoint.h) wants to know.
  Tensor& written() {
    detail::BufferJournal::note(value_);
    return *value_;
  }

  std::shared_ptr<Tensor> value_;
};

}  // namespace gibbs
