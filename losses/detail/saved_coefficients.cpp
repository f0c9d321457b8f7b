#include "gibbs/losses/detail/saved_coefficients.h"

namespace gibbs::losses {

SavedCoefficients coefficients_of(const Rows& rows, const std::function<Tensor(const Tensor& p)>& f) {
  kernels::rows::Coefficients c;
  if (rows.distributions.defined()) {
    c.dense = f(rows.distributions.value());
    return SavedCoefficients(c);
  }
  const std::int64_t classes = rows.prediction.size(1);
  const auto entry = [&](double one_hot_entry) {
    const Tensor row = Tensor::full({1, classes}, one_hot_entry, rows.prediction.dtype());
    return f(rows.smoothed(row).value()).reshape({classes});
  };
  c.indices = rows.indices.value();
  c.other = entry(0);
  c.own = entry(1);
  return SavedCoefficients(c);
}

SavedCoefficients weighted_target(const Rows& rows) {
  return coefficients_of(rows, [&rows](const Tensor& p) { return rows.weighted(p).value(); });
}

}  // namespace gibbs::losses
