#include "gibbs/losses/detail/at_least_zero.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gibbs/autograd/record.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {

Tensor rows_that_sum_to(const Tensor& x, double whole) {
  check(is_floating(x.dtype()) && x.rank() >= 1 && x.size(-1) > 0, "rows_that_sum_to: needs floating [..., K], not ",
        x.dtype(), " ", x.shape());
  Tensor result = Tensor::uninitialized(x.shape().without(x.rank() - 1), DType::uint8);
  auto* holds = result.mutable_data<std::uint8_t>();
  const std::int64_t classes = x.size(-1);
  dispatch_floating(x.dtype(), "rows_that_sum_to", [&](auto zero) {
    using T = decltype(zero);
    const T* row = x.data<T>();
    for (std::int64_t n = 0; n < result.numel(); ++n, row += classes) {
      const double total = std::accumulate(row, row + classes, 0.0);
      holds[n] = std::abs(total - whole) <= whole * kSumRounding<T> ? 1 : 0;
    }
  });
  return result;
}

Tensor are_distributions(const Tensor& p, const Tensor& q) {
  return kernels::minimum(rows_that_sum_to(p, 1), rows_that_sum_to(q, 1));
}

double common_weight(const Rows& rows) {
  if (!rows.class_weights.defined()) {
    return 1;
  }
  const std::vector<double> w = rows.class_weights.to_vector();
  const bool alike = std::all_of(w.begin(), w.end(), [&w](double x) { return x == w[0]; });
  return alike ? w[0] : std::numeric_limits<double>::quiet_NaN();
}

Tensor rows_of_distributions(const Rows& rows) {
  return rows_that_sum_to(rows.weighted(rows.p()).value(), common_weight(rows));
}

Variable at_least_zero(const Variable& x, const Tensor& clipped) {
  check_terms("at_least_zero", x);
  check(clipped.dtype() == DType::uint8 && clipped.shape() == x.shape(), "at_least_zero: x is ", x.shape(),
        ", where to clip it ", clipped.dtype(), " ", clipped.shape(), "; that is uint8 of the same shape");
  const Tensor zero = Tensor::zeros({}, x.dtype());
  const Tensor below = kernels::minimum(clipped, kernels::less_equal(x.value(), zero));
  return record("at_least_zero", kernels::where(below, zero, x.value()), wrt(x, [](const Variable& dy) { return dy; }));
}

}  // namespace gibbs::losses
