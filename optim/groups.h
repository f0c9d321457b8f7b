// Groups: parameters that one optimizer treats differently. Whoever takes Groups takes a list of groups, or parameters
// (parameters.h), which are one group. Weights that decay, and biases and normalizations that do not:
//
//   const Parameters all = nn::parameters(model);
//   const Parameters vectors = all.where([](const Named<Parameter>& named) { return named.item.shape().rank() < 2; });
//   AdamW adamw({{.parameters = all.without(vectors)}, {.parameters = vectors, .weight_decay = 0}},
//               {.learning_rate = 1e-3, .weight_decay = 0.01});
//
// A pretrained trunk at a tenth of the rate:
//
//   const Parameters trunk = all.below("trunk");
//   Adam adam({{.parameters = trunk, .rate_scale = 0.1}, {.parameters = all.without(trunk)}}, {.learning_rate = 1e-3});
#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "gibbs/optim/parameters.h"

namespace gibbs::optim {

struct Group {
  Parameters parameters = {};
  double rate_scale = 1;                    // their rate is the learning rate times this
  std::optional<double> weight_decay = {};  // in place of the optimizer's, when it is set
};

class Groups {
 public:
  Groups() = default;
  template <std::convertible_to<Parameters> P>
  Groups(P all) : list_{{.parameters = std::move(all)}} {}  // NOLINT: conversion is its purpose
  Groups(std::initializer_list<Parameter> all) : list_{{.parameters = all}} {}
  Groups(std::initializer_list<Group> list) : list_(list) {}
  Groups(std::vector<Group> list) : list_(std::move(list)) {}  // NOLINT

  const std::vector<Group>& list() const { return list_; }

 private:
  std::vector<Group> list_;
};

}  // namespace gibbs::optim
