// Parameters: what an optimizer is given, under the paths that its state and its errors are named after.
//
//   SGD sgd(nn::parameters(model), ...);    // "0.weight", "0.bias", ...
//   SGD sgd({w, b}, ...);                   // without a model, by position: "0", "1"
//
// Parts of them are selected by path, for groups.h:
//
//   const Parameters all = nn::parameters(model);
//   const Parameters trunk = all.below("trunk"), biases = all.called("bias"), rest = all.without(trunk);
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "gibbs/autograd/parameter.h"
#include "gibbs/tensor/named.h"

namespace gibbs::optim {

class Parameters {
 public:
  Parameters() = default;
  Parameters(std::vector<Named<Parameter>> named) : named_(std::move(named)) {}  // NOLINT: conversion is its purpose
  /// Without a model. Their paths are empty; the optimizer counts them.
  Parameters(const std::vector<Parameter>& bare);  // NOLINT
  Parameters(std::initializer_list<Parameter> bare) : Parameters(std::vector<Parameter>(bare)) {}

  /// Those at or below a path: "0" is "0.weight" and "0.bias", not "01.weight". None is an error, here and in all that
  /// follow; it lists the paths that there are.
  Parameters below(std::string_view path) const;
  /// Those whose path ends in this name: "bias" is "0.bias" and "2.bias", not "2.out_bias".
  Parameters called(std::string_view name) const;
  /// Those for which wanted(named) is true. Biases, and the scales and shifts of normalizations, are vectors:
  ///
  ///   all.where([](const Named<Parameter>& named) { return named.item.shape().rank() < 2; })
  Parameters where(const std::function<bool(const Named<Parameter>&)>& wanted) const;
  /// Those that are not among the others.
  Parameters without(const Parameters& others) const;
  /// The same parameters as "prefix.path": for an optimizer of several models, whose paths must differ.
  Parameters prefixed(std::string_view prefix) const;

  std::size_t size() const { return named_.size(); }
  auto begin() const { return named_.begin(); }
  auto end() const { return named_.end(); }

 private:
  Parameters selected(const std::function<bool(const Named<Parameter>&)>& wanted, const std::string& description) const;

  std::vector<Named<Parameter>> named_;
};

}  // namespace gibbs::optim
