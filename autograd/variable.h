// Variable: a Tensor that remembers how it was computed, so that gradients can be taken of it.
//
// The tape is a graph of nodes, one per op that was recorded. A node points only to its inputs, so nothing cycles and
// nothing leaks: when the last Variable that needs a node goes, the node goes. A Variable without a node is a constant.
// How nodes are made is in record.h, how gradients flow is in grad.h.
//
//   const Variable x = Variable::leaf(Tensor::of({1, 2, 3}));
//   const Variable dx = grad(sum(x * x), {x})[0];  // [2, 4, 6]
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <vector>

#include "gibbs/autograd/hooks.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs {

struct Node;

/// Which output of which node a value is. Without a node: a constant.
struct Edge {
  std::shared_ptr<Node> node;
  int output = 0;
};

/// A Tensor that must still hold, when it is read, what it held when it was saved. Gradient functions keep tensors that
/// others may write to this way: an overwritten one is an error, never a wrong gradient.
class Saved {
 public:
  Saved() = default;
  explicit Saved(Tensor value) : value_(std::move(value)), version_(value_.version()) {}
  /// The tensor. Throws when it was overwritten in place since.
  const Tensor& value() const;
  /// Whether it still holds what it held.
  bool intact() const { return value_.version() == version_; }

 private:
  Tensor value_;
  std::uint64_t version_ = 0;
};

inline Saved saved(Tensor value) { return Saved(std::move(value)); }

class Variable {
 public:
  /// An undefined Variable.
  Variable() = default;
  /// A constant; implicit, so that tensors can stand where ops expect Variables.
  Variable(Tensor value) : value_(std::move(value)) {}  // NOLINT: conversion is its purpose
  Variable(Tensor value, Edge edge) : value_(std::move(value)), edge_(std::move(edge)) {}
  /// The start of a graph: a float32 or float64 value that gradients are taken with respect to.
  static Variable leaf(Tensor value);

  /// The numbers. Throws when they were overwritten in place since this Variable was made.
  const Tensor& value() const { return value_.value(); }
  const Shape& shape() const { return value().shape(); }
  std::int64_t size(int axis) const { return value().size(axis); }
  int rank() const { return value().rank(); }
  std::int64_t numel() const { return value().numel(); }
  DType dtype() const { return value().dtype(); }
  bool defined() const { return value().defined(); }
  /// x[i]: the i-th entry of the leading axis, which disappears; from its end where i < 0.   dx = dy placed in zeros.
  Variable operator[](std::int64_t i) const;

  /// True when gradients can flow to it; false for a constant.
  bool traced() const { return edge_.node != nullptr; }
  const Edge& edge() const { return edge_; }
  /// The same numbers as a constant: gradients stop here.
  Variable detach() const { return {value()}; }

  /// The sum of what calls of `backward` stored in this leaf; undefined before. An error for anything but a leaf.
  const Tensor& gradient() const;
  void clear_gradient();
  /// Calls the hook with the gradient of this value in every `grad` and `backward` that goes through it: once, after
  /// all that its users send has been summed, and before it goes on or is returned. Hooks of one value run in the order
  /// in which they were added, each on what the last returned. Throws for a constant.
  HookHandle on_gradient(GradientHook hook) const;

 private:
  Saved value_;
  Edge edge_;
};

using Variables = std::vector<Variable>;

/// Prints the numbers.
std::ostream& operator<<(std::ostream& out, const Variable& x);

/// Whether ops on this thread are recorded. On by default.
bool tape_is_on();

/// Whether an op of these would be recorded, so that somebody may ask for its gradient. Undefined ones do not count.
bool may_be_differentiated(const Variables& inputs);

/// Switches recording on this thread off (or on) until the end of the block: NoTape no_tape;
class TapeScope {
 public:
  explicit TapeScope(bool on);
  TapeScope(const TapeScope&) = delete;
  TapeScope& operator=(const TapeScope&) = delete;
  ~TapeScope();

 private:
  bool before_;
};

class NoTape : TapeScope {
 public:
  NoTape() : TapeScope(false) {}
};

}  // namespace gibbs
