// Losses where numbers end: at 0, at denormal and largest numbers, at infinities, where arguments are equal or nearly
// so. Values and gradients of both dtypes, by kernels and by ops, are compared with an oracle of 113 bits.
//
// The rule: a result that its dtype can hold is right, to 1e-5 in float32 and 1e-13 in float64. There is one exception:
// what cancels between the terms of a sum (the classes of a row) cannot come back, so such a sum is right to a few
// epsilons of the sizes of its terms. Within a term nothing may cancel, overflow or underflow that the term does not.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/testing/wide.h"

namespace gibbs::testing {

using Duals = std::vector<Dual>;

struct Extreme {
  std::string name;
  /// The loss of one row, or of its elements, from inputs [1, K].
  DifferentiableFunction f;
  /// The same by its definition. What it calls undefined is not compared.
  std::function<Dual(const std::vector<Duals>& inputs)> exact;
  /// How far derivatives may be off besides, in epsilons of 1: where they are probabilities minus probabilities.
  double epsilons_of_one = 0;
  /// How often the usual relative error is allowed: powers multiply it with their exponents.
  double factor = 1;
};

using Row = std::vector<double>;

/// Compares value and gradients of f with what is exact.
void expect_right(const Extreme& loss, const std::vector<Row>& inputs);
/// On every pair of numbers.
void expect_right_on_pairs(const Extreme& loss, const Row& first, const Row& second);

/// Numbers of every size, and those that can be rates.
inline const Row kNumbers = {0,  -0., 5e-324, 1e-45, -1.2e-38, 1e-30, -1e-30, 1e-7, .5,   1,     1 + 1e-7, -3,
                             20, 87,  -87,    89,    104,      -104,  708.5,  -745, 1e10, -1e18, 1e30,     3.4e38};
inline const Row kRates = {0, 5e-324, 1e-45, 1.2e-38, 1e-30, 1e-12, 1e-6, .5, 1, 3, 1e10, 1e30, 3e38};

/// p ln q and the like where p = 0: 0, with no derivative in p.
Dual at_zero(const Dual& p);
/// d^2 / 2, or delta (|d| - delta / 2) where |d| > delta.
Dual huber_of(const Dual& d, double delta);
/// ln softmax of two logits: the larger one is -ln(1 + rest), which does not lose the rest.
Duals log_softmax_of(const Duals& z);

}  // namespace gibbs::testing
