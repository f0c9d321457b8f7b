#include "gibbs/losses/reduction.h"

#include <cmath>
#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/terms.h"

namespace gibbs::losses {

Variable reduce(const Variable& rows, const Variable& weights, Reduction reduction) {
  check_terms("reduce", rows);
  if (weights.defined()) {
    check(weights.shape() == rows.shape(), "reduce: rows are ", rows.shape(), ", their weights ", weights.shape(),
          "; every row has one");
    check(weights.dtype() == rows.dtype(), "reduce: dtypes differ: rows are ", rows.dtype(), ", their weights ",
          weights.dtype(), "; convert one with cast");
  }
  if (reduction == Reduction::none) {
    return rows;
  }
  Variable total = sum(rows);
  if (reduction == Reduction::sum) {
    return total;
  }
  if (!weights.defined()) {
    const double share = rows.numel() == 0 ? 0.0 : 1.0 / static_cast<double>(rows.numel());
    return std::isfinite(total.value().item()) ? total * share : sum(rows * share);
  }
  const Variable divisor = sum(weights);
  return divisor.value().item() == 0 ? total * 0.0 : total / divisor;
}

Variable in_base(const Variable& nats, Base base) {
  check_terms("in_base", nats);
  return base == Base::bits ? nats * std::numbers::log2e : nats;
}

}  // namespace gibbs::losses
