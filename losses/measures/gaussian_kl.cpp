#include "gibbs/losses/measures/gaussian_kl.h"

#include <cmath>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/detail/map_in_double.h"
#include "gibbs/losses/detail/phi.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::losses {
namespace {

/// e^x in which nothing overflows or underflows that a double does not hold: at the extremes in long double.
constexpr double kExtreme = 600;
long double exp_of(double x) {
  return std::abs(x) < kExtreme ? portable::exp(x) : std::exp(static_cast<long double>(x));
}
double half_exp_of(double x) { return static_cast<double>(exp_of(x) / 2); }

/// y = e^x / 2, its own derivative.
Variable half_exp(const Variable& x) {
  return record("half_exp", map_in_double("half_exp", x.value(), half_exp_of),
                wrt(x, [](const Variable& y, const Variable& dy) { return dy * y; }));
}

constexpr double kFar = 1e100;  // its square is a double, and so is that of its inverse
constexpr double kLarge = 40;   // e^x - 1 - x is e^x - x from here on

/// y = (e^x - 1) / 2.   dx = dy e^x / 2.
Variable half_expm1(const Variable& x) {
  const auto half = [](double of) { return of < kLarge ? portable::expm1(of) / 2 : half_exp_of(of); };
  return record("half_expm1", map_in_double("half_expm1", x.value(), half),
                wrt(x, [x](const Variable& dy) { return dy * half_exp(x); }));
}

/// y = phi(x) / 2.   dx = dy (e^x - 1) / 2.
Variable half_phi(const Variable& x) {
  const auto half = [](double of) { return of < kLarge ? phi(of) / 2 : half_exp_of(of) - of / 2; };
  return record("half_phi", map_in_double("half_phi", x.value(), half),
                wrt(x, [x](const Variable& dy) { return dy * half_expm1(x); }));
}

/// d^n e^-v / n!, n = 0, 1, 2; 0 where d = 0 < n, however small v is.
double power_over_variance_of(double d, double v, int n) {
  const bool is_ordinary = d == 0 || (1 / kFar < std::abs(d) && std::abs(d) < kFar);
  if (std::abs(v) < kExtreme && is_ordinary) {
    return (n == 0 ? 1 : n == 1 ? d : d * d / 2) * portable::exp(-v);
  }
  const long double power = n == 0 ? 1 : n == 1 ? d : static_cast<long double>(d) * d / 2;
  return power == 0 ? 0 : static_cast<double>(power * exp_of(-v));
}

/// y = d^n e^-v / n!.   dd = dy d^(n-1) e^-v / (n-1)!, dv = -dy y.
Variable power_over_variance(const Variable& d, const Variable& v, int n) {
  const auto value = [n](double of, double log_variance) { return power_over_variance_of(of, log_variance, n); };
  const auto by_d = [d, v, n](const Variable& dy) {
    return n == 0 ? dy * Tensor::zeros({}, dy.dtype()) : dy * power_over_variance(d, v, n - 1);
  };
  return record("power_over_variance", map_in_double("power_over_variance", d.value(), v.value(), value), wrt(d, by_d),
                wrt(v, [](const Variable& y, const Variable& dy) { return -(dy * y); }));
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

/// The sum of terms [N, ...] per row, reduced.
Variable row_sums(const Variable& terms, const GaussianKlOptions& options) {
  return in_base(reduce(sum(flatten(terms), {1}), {}, options.reduction), options.base);
}

}  // namespace

Variable gaussian_kl_to_standard_normal(const Variable& mean, const Variable& log_variance,
                                        const GaussianKlOptions& options) {
  check_gaussian("gaussian_kl_to_standard_normal", mean, log_variance);
  return row_sums(half_phi(log_variance) + mean * (mean * .5), options);
}

Variable gaussian_kl(const Gaussian& p, const Gaussian& q, const GaussianKlOptions& options) {
  check_gaussian("gaussian_kl", p.mean, p.log_variance);
  check_equal("gaussian_kl", p.mean, "mean of q", q.mean);
  check_equal("gaussian_kl", p.mean, "log variance of q", q.log_variance);
  return row_sums(
      half_phi(p.log_variance - q.log_variance) + power_over_variance(p.mean - q.mean, q.log_variance, /*n=*/2),
      options);
}

}  // namespace gibbs::losses
