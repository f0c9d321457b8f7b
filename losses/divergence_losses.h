// Training losses from the other divergences of divergence.h and jensen_shannon.h, each on logits and on probabilities:
//
//   reverse KL   sum_k w_k q_k ln(q_k / p_k)               seeks one mode: q goes where p is, not everywhere p is
//   Jeffreys     sum_k w_k (p_k - q_k) ln(p_k / q_k)       both directions together
//   JS           sum_k w_k (p_k ln(p_k / m_k) + q_k ln(q_k / m_k)) / 2,  m = (p + q) / 2;  at most ln 2
//   generalised  sum_k p_k ln(p_k / r_k) - p_k + r_k       for rates r that need not sum to 1 (Poisson deviance / 2)
//
// None of them is cross entropy in disguise: their gradients differ from q - p, which is what `ce_vs_kl --break` shows.
#pragma once

#include "gibbs/losses/target.h"

namespace gibbs::losses {

/// D(q || p) of q = softmax(z). target, logits [N, K] or [N, ..., K] and options as in cross_entropy_with_logits. dz =
/// q (g - sum q g) with g = ln(q / p). Where p = 0 < q the loss is +inf for every z; such a term is a constant to the
/// gradient.
Variable reverse_kl_divergence_with_logits(const Target& target, const Variable& logits,
                                           const CategoricalOptions& options = {});
/// D(q || p) of probabilities q [N, K]; dq = ln(q / p) + 1, 0 at q = 0.
Variable reverse_kl_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                                  const CategoricalOptions& options = {});

/// D(p || q) + D(q || p) of q = softmax(z). +inf where exactly one of p and q is 0: a constant to the gradient.
Variable jeffreys_divergence_with_logits(const Target& target, const Variable& logits,
                                         const CategoricalOptions& options = {});
/// The same of probabilities q [N, K].
Variable jeffreys_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                                const CategoricalOptions& options = {});

/// JS(p, q) of q = softmax(z). dz = q (g - sum q g), g = ln(q / m) / 2: it vanishes where the prediction is wholly
/// wrong. No cancellation and no NaN for p near q: see jensen_shannon_terms, which both forms are made of.
Variable js_divergence_with_logits(const Target& target, const Variable& logits,
                                   const CategoricalOptions& options = {});
/// JS(p, q) of probabilities q [N, K]; dq = ln(q / m) / 2, 0 at q = 0.
Variable js_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options = {});

struct RateOptions {
  Reduction reduction = Reduction::mean;
  Base base = Base::nats;
};

/// sum_k p_k ln(p_k / r_k) - p_k + r_k with r = e^z: p, z [N, K] or [N, ..., K], p >= 0 of any sum, z any numbers. dz =
/// r - p, dp = ln(p / r), and -ln r - 1 at p = 0 (-1 where r is 0, too). Throws for negative or infinite targets and
/// for shapes or dtypes that differ.
Variable generalized_kl_divergence_with_log_rates(const Variable& target, const Variable& log_rates,
                                                  const RateOptions& options = {});
/// The same with rates r >= 0 [N, K]; dr = 1 - p / r, dp as above.
Variable generalized_kl_divergence_with_rates(const Variable& target, const Variable& rates,
                                              const RateOptions& options = {});

}  // namespace gibbs::losses
