#include "gibbs/losses/gaussian_kl.h"

#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

/// e^x - 1 - x; near 0 its power series x^2/2! + x^3/3! + ..., summed from its end: where |x| < 1, 20 terms are exact.
double phi_of(double x) {
  if (std::abs(x) >= 1) {
    return x == std::numeric_limits<double>::infinity() ? x : std::expm1(x) - x;
  }
  double rest = 1;
  for (int n = 20; n > 2; --n) {
    rest = 1 + x / n * rest;
  }
  return x * x / 2 * rest;
}

/// y = e^x - 1 - x.   dx = dy (e^x - 1).
Variable phi(const Variable& x) {
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch_floating(x.dtype(), "phi", [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.value().data<T>();
    T* to = y.mutable_data<T>();
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      to[i] = static_cast<T>(phi_of(static_cast<double>(from[i])));
    }
  });
  return record("phi", y, wrt(x, [x](const Variable& dy) { return dy * expm1(x); }));
}

void check_equal(const char* op, const Variable& mean, const char* name, const Variable& other) {
  check(other.shape() == mean.shape(), op, ": the mean is ", mean.shape(), ", the ", name, " ", other.shape(),
        "; they must be equal, broadcast one");
  check(other.dtype() == mean.dtype(), op, ": dtypes differ: the mean is ", mean.dtype(), ", the ", name, " ",
        other.dtype(), "; convert one with cast");
}

void check_gaussian(const char* op, const Variable& mean, const Variable& log_variance) {
  check(is_floating(mean.dtype()), op, ": the mean must be float32 or float64, not ", mean.dtype());
  check(mean.rank() >= 1 && mean.numel() > 0, op, ": needs at least one row and one element, not shape ", mean.shape());
  check_equal(op, mean, "log variance", log_variance);
}

/// 1/2 sum of terms [N, ...] per row, reduced.
Variable half_sums(const Variable& terms, const GaussianKlOptions& options) {
  return in_base(reduce(sum(flatten(terms), {1}) * .5, {}, options.reduction), options.base);
}

}  // namespace

Variable gaussian_kl_to_standard_normal(const Variable& mean, const Variable& log_variance,
                                        const GaussianKlOptions& options) {
  check_gaussian("gaussian_kl_to_standard_normal", mean, log_variance);
  return half_sums(phi(log_variance) + square(mean), options);
}

Variable gaussian_kl(const Gaussian& p, const Gaussian& q, const GaussianKlOptions& options) {
  check_gaussian("gaussian_kl", p.mean, p.log_variance);
  check_equal("gaussian_kl", p.mean, "mean of q", q.mean);
  check_equal("gaussian_kl", p.mean, "log variance of q", q.log_variance);
  const Variable difference = p.mean - q.mean, log_precision = q.log_variance * -.5;
  // Where the means are equal their term is 0, even beside a precision that overflows.
  const Tensor counts = kernels::maximum(kernels::not_equal(p.mean.value(), q.mean.value()),
                                         kernels::isfinite(kernels::exp(log_precision.value())));
  const Variable standardized = difference * exp(where_or(counts, log_precision, 0));
  return half_sums(phi(p.log_variance - q.log_variance) + square(standardized), options);
}

}  // namespace gibbs::losses
