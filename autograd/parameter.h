// Parameter and Buffer: tensors that live from step to step. Both are shared handles: copies of a Parameter are the
// same parameter, so optimizers survive moves of the model, and tied weights are one weight.
//
// They are the only places where a tensor is overwritten in place. A graph recorded before such a write notices (its
// saved versions differ) and refuses to give gradients of numbers that are gone.
#pragma once

#include <memory>

#include "gibbs/autograd/buffer_journal.h"
#include "gibbs/autograd/variable.h"

namespace gibbs {

/// A trainable float32 or float64 tensor.
class Parameter {
 public:
  Parameter() = default;
  explicit Parameter(Tensor value);

  bool defined() const { return state_ != nullptr; }
  const Tensor& value() const { return state_->value; }
  const Shape& shape() const { return value().shape(); }
  DType dtype() const { return value().dtype(); }

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
  Tensor& mutable_value() { return state_->value; }
  /// Another value, of any shape or dtype; the gradient is cleared.
  void replace(Tensor value);

  /// True when both handles are the same parameter.
  bool same_as(const Parameter& other) const { return state_ == other.state_; }
  /// Identity, for maps from parameters to optimizer state.
  const void* id() const { return state_.get(); }

 private:
  struct State {
    Tensor value;
    Edge leaf;
    bool frozen = false;
  };
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
