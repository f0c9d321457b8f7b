// SciPy's conventions, under SciPy's names: scipy.special.rel_entr and kl_div, scipy.stats.entropy,
// scipy.spatial.distance.jensenshannon. Distributions lie along axis 0 unless said otherwise, are divided by their sums
// without a question, and the logarithm has any base.
//
// Differences: near-equal inputs give no NaN, and entries that cannot be normalised are an error instead of a NaN.
#pragma once

#include <optional>

#include "gibbs/autograd/variable.h"

namespace gibbs::losses::compat::scipy {

struct Options {
  std::optional<double> base = {};  // of the logarithm; e when not given
  int axis = 0;
};

/// Per element x ln(x / y) for x, y > 0; 0 for x = 0 <= y; else +inf, with gradient 0 where x or y is negative.
/// Operands broadcast.
Variable rel_entr(const Variable& x, const Variable& y);

/// Per element x ln(x / y) - x + y for x, y > 0; y for x = 0 <= y; else +inf, as rel_entr.
Variable kl_div(const Variable& x, const Variable& y);

/// -sum pk ln pk, pk normalised: the axis disappears. In units of the base.
Variable entropy(const Variable& pk, const Options& options = {});
/// sum pk ln(pk / qk), both normalised.
Variable entropy(const Variable& pk, const Variable& qk, const Options& options = {});

/// The square root of the Jensen-Shannon divergence of p and q, both normalised. Gradients as in js_distance.
Variable jensenshannon(const Variable& p, const Variable& q, const Options& options = {});

}  // namespace gibbs::losses::compat::scipy
