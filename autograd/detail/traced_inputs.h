// Of an op's inputs only the traced ones become edges of its node. An op with one gradient function for all of them
// counts all inputs; the node counts the traced ones. This translates.
#pragma once

#include <utility>
#include <vector>

#include "gibbs/autograd/node.h"
#include "gibbs/autograd/variable.h"

namespace gibbs::detail {

class TracedInputs {
 public:
  explicit TracedInputs(const Variables& inputs) : inputs_(inputs.size()) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].traced()) {
        places_.push_back(i);
      }
    }
  }

  bool empty() const { return places_.empty(); }
  std::vector<Edge> edges(const Variables& inputs) const {
    std::vector<Edge> edges;
    for (const std::size_t i : places_) {
      edges.push_back(inputs[i].edge());
    }
    return edges;
  }
  /// For every input whether its gradient is wanted.
  std::vector<bool> wanted(const GradientCall& call) const {
    std::vector<bool> wanted(inputs_, false);
    for (std::size_t k = 0; k < places_.size(); ++k) {
      wanted[places_[k]] = call.wanted[k];
    }
    return wanted;
  }
  /// The gradients of traced inputs, from those of all.
  Variables of_traced(Variables all) const {
    Variables traced;
    for (const std::size_t i : places_) {
      traced.push_back(std::move(all[i]));
    }
    return traced;
  }

 private:
  std::size_t inputs_;
  std::vector<std::size_t> places_;
};

}  // namespace gibbs::detail
