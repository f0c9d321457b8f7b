// Every form ends in sum of c (ln p - ln q), c = w p. `where` keeps classes with p = q = 0 out of the logarithms, so
// that neither the value nor a gradient meets 0 times infinity.
//
// On logits, two loops over rows do for constant targets what the ops do for all: the first keeps ln q, the second
// sends the gradient -c of ln q back through log_softmax.
#include "gibbs/losses/kl_divergence.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/coefficients.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/softmax_groups.h"

namespace gibbs::losses {
namespace {

/// Where the term of a class is computed at all: where its coefficient w p or its q is positive. Elsewhere it is 0.
Tensor counting(const Variable& coefficient, const Tensor& q_positive) {
  return kernels::maximum(kernels::greater(coefficient.value(), 0.0), q_positive);
}

/// sum_k c_k (ln p_k - log_q_k), c = w p.
Variable row_losses(const Variable& c, const Variable& p, const Variable& log_q) {
  const Variable log_p = log(where_or(kernels::greater(p.value(), 0.0), p, 1));
  return sum(c * (log_p - log_q), {-1});
}

Variable exact_with_logits_in_ops(const Rows& rows, const Variable& logits) {
  const Variable p = rows.p(), c = rows.weighted(p);
  const Variable log_q = log_softmax(logits);
  const Tensor positive = kernels::greater(log_q.value(), -std::numeric_limits<double>::infinity());
  return row_losses(c, p, where_or(counting(c, positive), log_q, 0));
}

struct Forward {
  Tensor losses;  // [M]
  Tensor log_q;   // [M, K]
};

/// sum_k c_k (log_p_k - log_q_k) of each row; log_q is kept for the gradient. c, log_p and log_q: [K, L].
template <class T, int L>
void write_divergences(const kernels::SoftmaxGroup<T, L>& group, const T* c, const T* log_p, T* log_q, T* losses) {
  T log_total[L];
  for (int i = 0; i < L; ++i) {
    log_total[i] = static_cast<T>(group.log_total[i]);
  }
  double divergence[L] = {};
  for (std::int64_t k = 0; k < group.classes; ++k) {
    for (int i = 0; i < L; ++i) {
      const std::int64_t at = k * L + i;
      log_q[at] = group.shifted[at] - log_total[i];
      const double gap = static_cast<double>(log_p[at]) - static_cast<double>(log_q[at]);
      divergence[i] += c[at] > 0 ? static_cast<double>(c[at]) * gap : 0.0;
    }
  }
  for (std::int64_t i = 0; i < group.rows; ++i) {
    losses[group.first + i] = static_cast<T>(divergence[i]);
  }
}

Forward run_forward(const Tensor& logits, const Coefficients& c, const Coefficients& log_p) {
  Forward result{Tensor::uninitialized({logits.size(0)}, logits.dtype()),
                 Tensor::uninitialized(logits.shape(), logits.dtype())};
  dispatch_floating(logits.dtype(), "kl_divergence", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> c_rows(c), log_p_rows(log_p);
    T *losses = result.losses.mutable_data<T>(), *log_q = result.log_q.mutable_data<T>();
    kernels::for_softmax_groups<T>(logits, [&]<int L>(const kernels::SoftmaxGroup<T, L>& group) {
      const std::int64_t size = L * group.classes;
      Scratch<T> c_group(size), log_p_group(size), log_q_group(size);
      c_rows.template read<L>(group.first, group.rows, c_group.data());
      log_p_rows.template read<L>(group.first, group.rows, log_p_group.data());
      write_divergences(group, c_group.data(), log_p_group.data(), log_q_group.data(), losses);
      kernels::turn_back<L>(log_q_group.data(), group.rows, group.classes, log_q + group.first * group.classes);
    });
  });
  return result;
}

/// d log_q = -dy c, through log_softmax: dz = d log_q - q sum_k d log_q_k. q is in dz when this is called.
template <class T>
void subtract_target(std::int64_t rows, std::int64_t classes, const T* c, const T* dy, T* dz) {
  for (std::int64_t n = 0; n < rows; ++n, c += classes, dz += classes) {
    double sum_of_c = 0;
    for (std::int64_t k = 0; k < classes; ++k) {
      sum_of_c += static_cast<double>(c[k]);
    }
    const T q_scale = static_cast<T>(static_cast<double>(dy[n]) * sum_of_c);
    for (std::int64_t k = 0; k < classes; ++k) {
      dz[k] = dz[k] * q_scale - dy[n] * c[k];
    }
  }
}

Tensor run_backward(const Tensor& log_q, const Coefficients& c, const Tensor& dy) {
  Tensor dz = Tensor::uninitialized(log_q.shape(), log_q.dtype());
  const std::int64_t classes = log_q.size(1);
  dispatch_floating(log_q.dtype(), "kl_divergence", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> c_rows(c);
    const T *log_q_data = log_q.data<T>(), *dy_data = dy.data<T>();
    T* dz_data = dz.mutable_data<T>();
    const std::int64_t block = std::max<std::int64_t>(1, 4096 / classes);
    parallel_for(0, log_q.size(0), block, [&](std::int64_t first, std::int64_t last) {
      T* dz_block = dz_data + first * classes;
      kernels::simd::exp(log_q_data + first * classes, dz_block, (last - first) * classes);
      std::vector<T> c_block(static_cast<std::size_t>((last - first) * classes));
      c_rows.copy(first, last - first, c_block.data());
      subtract_target(last - first, classes, c_block.data(), dy_data + first, dz_block);
    });
  });
  return dz;
}

/// ln p, and 0 where p = 0.
Tensor log_of_target(const Tensor& p) { return log(where_or(kernels::greater(p, 0.0), p, 1)).value(); }

Variable exact_with_logits(const Rows& rows) {
  if (rows.target_is_traced()) {
    return exact_with_logits_in_ops(rows, rows.prediction);
  }
  const Coefficients c = rows.coefficients();
  const Forward forward = run_forward(rows.prediction.value(), c, rows.coefficients(log_of_target, /*weigh=*/false));
  return fused(
      "kl_divergence_with_logits", {rows.prediction}, forward.losses,
      [c, log_q = saved(forward.log_q)](const Variables&, const Tensor& dy, const std::vector<bool>&) {
        return std::vector{run_backward(log_q.value(), c, dy)};
      },
      [rows](const Variables& in) { return exact_with_logits_in_ops(rows, in[0]); });
}

Variable exact_with_probabilities(const Rows& rows) {
  const Variable c = rows.weighted(rows.p());
  const Variable& q = rows.prediction;
  return row_losses(c, rows.p(), log(where_or(counting(c, kernels::greater(q.value(), 0.0)), q, 1)));
}

Variable as_keras(const Rows& rows, const Variable& probabilities) {
  const Variable p = clamp(rows.p(), kKerasEpsilon, 1);
  const Variable q = clamp(probabilities, kKerasEpsilon, 1);
  return sum(rows.weighted(p) * log(p / q), {-1});
}

}  // namespace

Variable kl_divergence_with_logits(const Target& target, const Variable& logits, const CategoricalOptions& options) {
  const Rows rows = prepare("kl_divergence_with_logits", target, logits, Prediction::logits, options);
  return finish(
      rows, options.numerics == Numerics::keras ? as_keras(rows, softmax(rows.prediction)) : exact_with_logits(rows),
      options);
}

Variable kl_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const Rows rows =
      prepare("kl_divergence_with_probabilities", target, probabilities, Prediction::probabilities, options);
  return finish(rows,
                options.numerics == Numerics::keras ? as_keras(rows, rows.prediction) : exact_with_probabilities(rows),
                options);
}

}  // namespace gibbs::losses
