// The Kullback-Leibler divergence of Gaussians with diagonal covariance, in closed form: the regulariser of variational
// autoencoders (Kingma and Welling 2014, appendix B). Scales are given as ln sigma^2, which every number is.
//
// With phi(x) = e^x - 1 - x, which is 0 only at 0, both forms are sums of terms that are at least 0; phi is computed
// without cancellation, so that nearly equal Gaussians keep the leading digits of their divergence.
#pragma once

#include "gibbs/losses/reduction.h"

namespace gibbs::losses {

struct GaussianKlOptions {
  Reduction reduction = Reduction::mean;
  Base base = Base::nats;
};

/// D(N(mean, e^log_variance) || N(0, 1)) = 1/2 sum (phi(log_variance) + mean^2): summed over all axes but the leading
/// one, then reduced over rows.   d mean = mean, d log_variance = (e^log_variance - 1) / 2.
/// mean, log_variance: equal shapes [N, ...] and dtypes; otherwise, or when empty, throws.
Variable gaussian_kl_to_standard_normal(const Variable& mean, const Variable& log_variance,
                                        const GaussianKlOptions& options = {});

struct Gaussian {
  Variable mean, log_variance;  // [N, ...]
};

/// D(p || q) = 1/2 sum (phi(log_variance_p - log_variance_q) + (mean_p - mean_q)^2 e^(-log_variance_q)), reduced as
/// above. All four have equal shapes [N, ...] and dtypes; otherwise, or when empty, throws.
Variable gaussian_kl(const Gaussian& p, const Gaussian& q, const GaussianKlOptions& options = {});

}  // namespace gibbs::losses
