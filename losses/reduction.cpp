#include "gibbs/losses/reduction.h"

#include <numbers>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"

namespace gibbs::losses {

Variable reduce(const Variable& rows, const Variable& weights, Reduction reduction) {
  check(!weights.defined() || weights.shape() == rows.shape(), "reduce: rows are ", rows.shape(), ", their weights ",
        weights.defined() ? weights.shape() : Shape(), "; every row has one");
  if (reduction == Reduction::none) {
    return rows;
  }
  Variable total = sum(rows);
  if (reduction == Reduction::sum) {
    return total;
  }
  if (!weights.defined()) {
    return total * (rows.numel() == 0 ? 0.0 : 1.0 / static_cast<double>(rows.numel()));
  }
  const Variable divisor = sum(weights);
  return divisor.value().item() == 0 ? total * 0.0 : total / divisor;
}

Variable in_base(const Variable& nats, Base base) { return base == Base::bits ? nats * std::numbers::log2e : nats; }

}  // namespace gibbs::losses
