#include "gibbs/losses/measures/distribution.h"

#include <cmath>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::losses {

template <class T>
void check_distribution(const char* op, const T* row, std::int64_t n, std::int64_t classes,
                        const DistributionRule& rule) {
  double total = 0;
  for (std::int64_t k = 0; k < classes; ++k) {
    check(!(row[k] < 0), op, ": ", rule.what, " row ", n, " has ", row[k], " for class ", k,
          "; probabilities are at least 0");
    total += static_cast<double>(row[k]);
  }
  if (std::isnan(total) && !rule.nan_is_wrong) {
    return;
  }
  check(rule.any_sum ? total > 0 && std::isfinite(total) : std::abs(total - 1) <= kSumTolerance, op, ": ", rule.what,
        " row ", n, " sums to ", total, rule.any_sum ? "; only a positive sum can be normalised" : ", not 1; ",
        rule.any_sum ? "" : rule.repair);
}

template void check_distribution(const char*, const float*, std::int64_t, std::int64_t, const DistributionRule&);
template void check_distribution(const char*, const double*, std::int64_t, std::int64_t, const DistributionRule&);

void check_distributions(const char* op, const Tensor& x, const DistributionRule& rule) {
  const std::int64_t classes = x.size(-1), rows = x.numel() / classes;
  dispatch_floating(x.dtype(), op, [&](auto zero) {
    const auto* row = x.data<decltype(zero)>();
    for (std::int64_t n = 0; n < rows; ++n, row += classes) {
      check_distribution(op, row, n, classes, rule);
    }
  });
}

Variable normalized(const Variable& x) {
  check(is_floating(x.dtype()) && x.rank() >= 1, "normalized: needs floating [..., K], not ", x.dtype(), " ",
        x.shape());
  const Variable total = sum(x, {-1}, /*keepdim=*/true);
  return record("normalized", kernels::div(x.value(), total.value()), wrt(x, [x, total](const Variable& dy) {
                  const Tensor finite = kernels::isfinite(dy.value());
                  const Variable inner = where(finite, dy, Tensor::zeros({}, x.dtype())) * x;
                  return (dy - sum(inner, {-1}, /*keepdim=*/true) / total) / total;
                }));
}

Variable distributions(const char* op, const char* what, const Variable& x, const MeasureOptions& options) {
  check(is_floating(x.dtype()), op, ": ", what, " must be float32 or float64, not ", x.dtype());
  check(x.rank() >= 1, op, ": ", what, " must be [..., K], not a scalar");
  check(x.numel() > 0, op, ": ", what, " is empty: ", x.shape());
  check_distributions(
      op, x.value(), {.what = what, .any_sum = options.normalize, .repair = "normalise it, or pass .normalize = true"});
  return options.normalize ? normalized(x) : x;
}

void check_comparable(const char* op, const Variable& p, const Variable& q) {
  check(p.shape() == q.shape(), op, ": p is ", p.shape(), ", q ", q.shape(), "; they must be equal, broadcast one");
  check(p.dtype() == q.dtype(), op, ": dtypes differ: p is ", p.dtype(), ", q ", q.dtype(), "; convert one with cast");
}

DistributionPair distribution_pair(const char* op, const Variable& p, const Variable& q,
                                   const MeasureOptions& options) {
  check_comparable(op, p, q);
  return {distributions(op, "p", p, options), distributions(op, "q", q, options)};
}

}  // namespace gibbs::losses
