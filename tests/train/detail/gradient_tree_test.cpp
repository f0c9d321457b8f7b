// Gradients of a batch from those of its pieces.
#include "gibbs/train/detail/gradient_tree.h"

#include <gtest/gtest.h>

#include "tests/testing/oracle.h"

namespace gibbs::train {
namespace {

TEST(GradientTree, IsTheWeightedMeanOfItsPieces) {
  for (int pieces = 1; pieces <= 9; ++pieces) {
    Parameter w(Tensor::zeros({3}, DType::float64));
    GradientTree tree({w});
    long double sum[3] = {}, weights = 0;
    for (int s = 0; s < pieces; ++s) {
      const Tensor g = kernels::uniform({.seed = static_cast<std::uint64_t>(s)}, {3}, -1, 1, DType::float64);
      const double weight = s % 3;  // some pieces count for nothing
      w.set_gradient(g);
      tree.add_piece(weight);
      EXPECT_FALSE(w.gradient().defined()) << "taken";
      for (std::int64_t i = 0; i < 3; ++i) {
        sum[i] += static_cast<long double>(weight) * g.at({i});
      }
      weights += weight;
    }
    tree.finish();
    for (std::int64_t i = 0; i < 3 && pieces > 1; ++i) {
      EXPECT_NEAR(w.gradient().at({i}), static_cast<double>(sum[i] / weights), 1e-15) << pieces;
    }
    EXPECT_EQ(w.gradient().defined(), pieces > 1) << "the only piece weighs nothing";
  }
}

TEST(GradientTree, AddsNeighboursFirst) {
  Parameter w(Tensor::zeros({1}));
  GradientTree tree({w});
  const float pieces[] = {1, 1e-8F, 1e-8F,
                          1e-8F};  // (1 + 1e-8) + (1e-8 + 1e-8): each other order differs from 1 + 2e-8
  for (const float g : pieces) {
    w.set_gradient(Tensor::full({1}, g));
    tree.add_piece(1);
  }
  tree.finish();
  EXPECT_EQ(w.gradient().at({0}), static_cast<double>(((1 + 1e-8F) + (1e-8F + 1e-8F)) / 4));
}

TEST(GradientTree, ParametersThatAPieceDoesNotUseAreZeroThere) {
  Parameter used(Tensor::zeros({2})), rarely(Tensor::zeros({2})), never(Tensor::zeros({2}));
  GradientTree tree({used, rarely, never});
  for (int s = 0; s < 4; ++s) {
    used.set_gradient(Tensor::ones({2}));
    if (s == 2) {
      rarely.set_gradient(Tensor::ones({2}));
    }
    tree.add_piece(1);
  }
  tree.finish();
  EXPECT_EQ(used.gradient().to_vector(), (std::vector<double>{1, 1}));
  EXPECT_EQ(rarely.gradient().to_vector(), (std::vector<double>{0.25, 0.25}));
  EXPECT_FALSE(never.gradient().defined());
}

}  // namespace
}  // namespace gibbs::train
