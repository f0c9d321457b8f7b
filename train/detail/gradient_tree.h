// GradientTree: the gradient of a batch that was taken in pieces, g = sum_s w_s g_s / sum_s w_s.
//
// Pieces are added in a fixed binary tree, neighbours first, as a binary counter does: of S pieces at most log2 S + 1
// partial sums are held at once. Which processor computed a piece, and when, has no influence on the sum.
#pragma once

#include <cstdint>
#include <vector>

#include "gibbs/autograd/parameter.h"
#include "gibbs/optim/parameters.h"

namespace gibbs::train {

class GradientTree {
 public:
  explicit GradientTree(const optim::Parameters& parameters);

  /// Takes the gradients of the parameters, which belong to the next piece, and clears them.
  void add_piece(double weight);
  /// Gives the parameters the gradients of the batch. Those that no piece had stay without.
  void finish();

 private:
  /// The sum of 2^height pieces: a tensor for each parameter, undefined where there is none.
  struct Sum {
    int height;
    std::vector<Tensor> gradients;
  };
  /// Adds the last sum to the one before it.
  void merge_last_two();

  std::vector<Parameter> parameters_;
  std::vector<Sum> sums_;
  double weight_ = 0;
};

}  // namespace gibbs::train
