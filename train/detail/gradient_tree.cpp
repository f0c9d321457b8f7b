#include "gibbs/train/detail/gradient_tree.h"

#include <utility>

#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::train {

GradientTree::GradientTree(const optim::Parameters& parameters) {
  for (const auto& [path, parameter] : parameters) {
    parameters_.push_back(parameter);
  }
}

void GradientTree::add_piece(double weight) {
  Sum piece{.height = 0, .gradients = {}};
  for (Parameter& parameter : parameters_) {
    const Tensor gradient = parameter.gradient();
    piece.gradients.push_back(gradient.defined() && weight != 0 ? gradient * weight : Tensor());
    parameter.clear_gradient();
  }
  weight_ += weight;
  sums_.push_back(std::move(piece));
  while (sums_.size() >= 2 && sums_[sums_.size() - 2].height == sums_.back().height) {
    merge_last_two();
  }
}

void GradientTree::merge_last_two() {
  const Sum right = std::move(sums_.back());
  sums_.pop_back();
  Sum& left = sums_.back();
  ++left.height;
  for (std::size_t i = 0; i < left.gradients.size(); ++i) {
    Tensor &sum = left.gradients[i], added = right.gradients[i];
    sum = !sum.defined() ? added : added.defined() ? sum + added : sum;
  }
}

void GradientTree::finish() {
  while (sums_.size() >= 2) {
    merge_last_two();
  }
  for (std::size_t i = 0; i < parameters_.size() && !sums_.empty(); ++i) {
    if (const Tensor& sum = sums_.front().gradients[i]; sum.defined()) {
      parameters_[i].set_gradient(sum / weight_);
    }
  }
  sums_.clear();
  weight_ = 0;
}

}  // namespace gibbs::train
