// What is a distribution, and what is none: the one place that checks rows of probabilities, names the row that fails,
// and divides rows by their sums.
//
// A distribution lies along the last axis of [..., K]; every other axis only counts rows. Knows nothing of measures.
#pragma once

#include <cstdint>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/reduction.h"

namespace gibbs::losses {

/// Options of the information measures.
struct MeasureOptions {
  Base base = Base::nats;
  /// Divide each row by its sum, instead of refusing rows that do not sum to 1.
  bool normalize = false;
};

/// How far the sum of a distribution may be from 1.
inline constexpr double kSumTolerance = 1e-4;

struct DistributionRule {
  const char* what;          // whose rows: "target", "p", ...
  bool any_sum = false;      // rows will be divided by their sums
  bool nan_is_wrong = true;  // a diverged prediction shows as a NaN loss; a NaN target is a mistake
  const char* repair = "";   // for a wrong sum
};

/// Throws, naming row n, when row [classes] has a negative entry or a sum that `rule` refuses. T: float or double.
template <class T>
void check_distribution(const char* op, const T* row, std::int64_t n, std::int64_t classes,
                        const DistributionRule& rule);

/// check_distribution for every row of x [..., K], counted through all leading axes.
void check_distributions(const char* op, const Tensor& x, const DistributionRule& rule);

/// y = x / sum x along the last axis.   dx = (dy - sum dy y) / sum x, where infinities in dy are left out of the sum:
/// an infinite gradient stays in its own place.
Variable normalized(const Variable& x);

/// x [..., K] as the distributions of a measure: checked, and normalised if asked. Throws for integers, scalars and
/// empty arrays, and for rows that are no distributions (NaN included). `what` names x.
Variable distributions(const char* op, const char* what, const Variable& x, const MeasureOptions& options);

/// Throws unless p and q have equal shapes and dtypes.
void check_comparable(const char* op, const Variable& p, const Variable& q);

/// Two distributions that can be compared, both as `distributions` gives them.
struct DistributionPair {
  Variable p, q;
};
DistributionPair distribution_pair(const char* op, const Variable& p, const Variable& q, const MeasureOptions& options);

}  // namespace gibbs::losses
