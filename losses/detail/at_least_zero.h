// Divergences of distributions are at least 0 (Gibbs' inequality), but rounding can leave the sum of a row's terms
// below.
//
// The one idea: where rows are distributions to rounding, a negative sum is nothing but rounding, and max(0, sum) is
// never further from the true value. Only there: the sum of rows that add up to .9999 may be below 0 for good reason.
#pragma once

#include "gibbs/losses/target.h"
#include "gibbs/tensor/kernels/rows/kl_divergence.h"

namespace gibbs::losses {

using kernels::rows::kSumRounding;

/// uint8 [...]: the rows of x [..., K] whose sum is `whole` to rounding, within whole * kSumRounding.
Tensor rows_that_sum_to(const Tensor& x, double whole);

/// The rows that sum to 1 to rounding in both, p and q: uint8 [...].
Tensor are_distributions(const Tensor& p, const Tensor& q);

/// The weight of every class in a loss: 1 without class weights, NaN where they differ. A divergence whose classes
/// weigh differently may be below 0.
double common_weight(const Rows& rows);

/// uint8 [M]: the rows whose target sums to 1 to rounding, if all classes weigh the same; else none.
Tensor rows_of_distributions(const Rows& rows);

/// max(0, x) where `clipped` (uint8, x's shape) holds, x elsewhere; NaN stays NaN.   dx = dy everywhere: the gradient
/// is that of x, or a prediction that came this near would be stuck.
Variable at_least_zero(const Variable& x, const Tensor& clipped);

}  // namespace gibbs::losses
