// Every form ends in sum of c (ln p - ln q), c = w p. `where` keeps classes with p = q = 0 out of the logarithms, so
// that neither the value nor a gradient meets 0 times infinity.
//
// On logits, one pass over the rows does for constant targets what the ops do for all: the divergences, and the
// gradient -c of ln q sent back through log_softmax. Rounding below 0 is clipped as at_least_zero.h says; the gradient
// does not know of it.
#include "gibbs/losses/kl_divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/detail/at_least_zero.h"
#include "gibbs/losses/detail/coefficients.h"
#include "gibbs/losses/detail/one_pass.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/simd/softmax_groups.h"

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
  return at_least_zero(row_losses(c, p, where_or(counting(c, positive), log_q, 0)), rows_of_distributions(rows));
}

/// max(0, total) in the S rows from row i on whose c [K, L] sum to `whole` to rounding.
template <class T, int L, int S>
void clip(const T* c, std::int64_t classes, double whole, int i, kernels::Lanes<double, S>& total) {
  double sum_of_c[L];
  kernels::sum_rows<L>(c, classes, sum_of_c);
  for (int j = 0; j < S; ++j) {
    if (total[j] <= 0 && std::abs(sum_of_c[i + j] - whole) <= whole * kSumRounding<T>) {
      total[j] = 0;
    }
  }
}

/// The loss of each row: sum_k c_k (log_p_k - log_q_k). c and log_p: [K, L]; c of a distribution sums to `whole`.
template <class T, int L>
void write_divergences(const kernels::SoftmaxGroup<T, L>& group, const T* c, const T* log_p, double whole, T* losses) {
  constexpr int S = kernels::kSums<L>;
  double log_total[L];
  group.log_total(log_total);
  for (int i = 0; i < L; i += S) {
    kernels::Lanes<double, S> total = {};
    for (std::int64_t at = i; at < group.classes * L; at += L) {
      const auto log_q = kernels::wide<S>(group.shifted + at) - kernels::lanes<S>(log_total + i);
      const auto weight = kernels::wide<S>(c + at);
      const auto term = weight * (kernels::wide<S>(log_p + at) - log_q);
      total += weight > 0 ? term : decltype(term){};
    }
    double least = 0;
    for (int j = 0; j < S; ++j) {
      least = std::min(least, total[j]);
    }
    if (least < 0) {
      clip<T, L, S>(c, group.classes, whole, i, total);
    }
    group.write_rows(i, total, losses);
  }
}

/// The gradient of log_q is -dy c; through log_softmax it becomes dz = -dy c + q sum_k dy c_k. Turned; c [K, L] is
/// overwritten.
template <class T, int L>
void send_back(const kernels::SoftmaxGroup<T, L>& group, T* c, const kernels::RowValues<T>& dy, T* dz) {
  T row_dy[L], q_scale[L];
  double sum_of_c[L];
  kernels::sum_rows<L>(c, group.classes, sum_of_c);
  group.read(dy, row_dy);
  constexpr int S = kernels::kSums<L>;
  kernels::convert<L, S>(
      [&](int i) {
        return kernels::wide<S>(row_dy + i) * kernels::lanes<S>(sum_of_c + i) / kernels::lanes<S>(group.total + i);
      },
      q_scale);
  for (std::int64_t at = 0; at < group.classes * L; at += L) {
    kernels::lanes<L>(c + at) *= kernels::lanes<L>(row_dy);
  }
  for (std::int64_t at = 0; at < group.classes * L; at += L) {
    kernels::lanes<L>(dz + at) =
        kernels::lanes<L>(group.exponential + at) * kernels::lanes<L>(q_scale) - kernels::lanes<L>(c + at);
  }
}

/// Both (the gradient if dz is not null) where a row is one-hot: p is 1 at the row's class y, c one weight there.
template <class T, int L>
void run_one_hot(const kernels::SoftmaxGroup<T, L>& group, const CoefficientRows<T>& c, const kernels::RowValues<T>& dy,
                 T* losses, T* dz) {
  using Label = typename CoefficientRows<T>::Label;
  Label y[L];
  c.template labels<L>(group.first, group.rows, y);
  T weight[L], log_q[L];
  double log_total[L];
  group.log_total(log_total);
  c.template own<L>(y, weight);
  c.template at_class<L>(group.shifted, y, log_q);
  constexpr int S = kernels::kSums<L>;
  for (int i = 0; i < L; i += S) {
    const auto w = kernels::wide<S>(weight + i);
    const auto divergence = -w * (kernels::wide<S>(log_q + i) - kernels::lanes<S>(log_total + i));
    group.write_rows(i, w > 0 ? divergence : decltype(w){}, losses);
  }
  if (dz == nullptr) {
    return;
  }
  T row_dy[L], c_dy[L], q_scale[L];
  group.read(dy, row_dy);
  kernels::lanes<L>(c_dy) = kernels::lanes<L>(weight) * kernels::lanes<L>(row_dy);
  kernels::convert<L, S>(
      [&](int i) {
        return kernels::wide<S>(row_dy + i) * kernels::wide<S>(weight + i) / kernels::lanes<S>(group.total + i);
      },
      q_scale);
  for (std::int64_t k = 0; k < group.classes; ++k) {
    const auto is_class = kernels::lanes<L>(y) == kernels::repeated<L>(static_cast<Label>(k));
    const kernels::Lanes<T, L> c_dy_k = is_class ? kernels::lanes<L>(c_dy) : kernels::Lanes<T, L>{};
    kernels::lanes<L>(dz + k * L) = kernels::lanes<L>(group.exponential + k * L) * kernels::lanes<L>(q_scale) - c_dy_k;
  }
}

LossesAndGradient run(const Coefficients& c, const Coefficients& log_p, double whole, const Tensor& z, const Tensor& dy,
                      Ask ask) {
  LossesAndGradient result(z, dy, ask);
  dispatch_floating(z.dtype(), "kl_divergence", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> c_rows(c), log_p_rows(log_p);
    T* losses = ask == Ask::rows ? result.losses.mutable_data<T>() : nullptr;
    T* dz = dy.defined() ? result.dz.mutable_data<T>() : nullptr;
    const kernels::RowValues<T> row_dy(dy);
    const bool one_hot = c_rows.one_hot() && log_p_rows.one_hot();
    result.sum = kernels::for_softmax_groups<T>(z, [&]<int L>(const kernels::SoftmaxGroup<T, L>& group) {
      Scratch<T> c_group(group.room()), turned(group.room());
      if (one_hot) {
        run_one_hot(group, c_rows, row_dy, losses, dz != nullptr ? turned.data() : nullptr);
      } else {
        Scratch<T> log_p_group(group.room());
        c_rows.template read<L>(group.first, group.rows, c_group.data());
        log_p_rows.template read<L>(group.first, group.rows, log_p_group.data());
        write_divergences(group, c_group.data(), log_p_group.data(), whole, losses);
        if (dz != nullptr) {
          send_back(group, c_group.data(), row_dy, turned.data());
        }
      }
      if (dz != nullptr) {
        group.turn_back(turned.data(), c_group.data(), dz);
      }
    });
  });
  return result;
}

/// ln p, and 0 where p = 0.
Tensor log_of_target(const Tensor& p) { return log(where_or(kernels::greater(p, 0.0), p, 1)).value(); }

Variable exact_with_logits(const Rows& rows, const CategoricalOptions& options) {
  const auto kernel = [c = rows.coefficients(), log_p = rows.coefficients(log_of_target, /*weigh=*/false),
                       whole = common_weight(rows)](const Tensor& z, const Tensor& dy, Ask ask) {
    return run(c, log_p, whole, z, dy, ask);
  };
  return one_pass_loss("kl_divergence_with_logits", rows, options, kernel,
                       [rows](const Variable& z) { return exact_with_logits_in_ops(rows, z); });
}

Variable exact_with_probabilities(const Rows& rows) {
  const Variable c = rows.weighted(rows.p());
  const Variable& q = rows.prediction;
  const Tensor clipped = kernels::minimum(rows_of_distributions(rows), rows_that_sum_to(q.value(), 1));
  return at_least_zero(row_losses(c, rows.p(), log(where_or(counting(c, kernels::greater(q.value(), 0.0)), q, 1))),
                       clipped);
}

Variable as_keras(const Rows& rows, const Variable& probabilities) {
  const Variable p = clamp(rows.p(), kKerasEpsilon, 1);
  const Variable q = clamp(probabilities, kKerasEpsilon, 1);
  return sum(rows.weighted(p) * log(p / q), {-1});
}

}  // namespace

Variable kl_divergence_with_logits(const Target& target, const Variable& logits, const CategoricalOptions& options) {
  const Rows rows =
      without_weightless(prepare("kl_divergence_with_logits", target, logits, Prediction::logits, options));
  return options.numerics == Numerics::keras ? finish(rows, as_keras(rows, softmax(rows.prediction)), options)
                                             : exact_with_logits(rows, options);
}

Variable kl_divergence_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const Rows rows = without_weightless(
      prepare("kl_divergence_with_probabilities", target, probabilities, Prediction::probabilities, options));
  return finish(rows,
                options.numerics == Numerics::keras ? as_keras(rows, rows.prediction) : exact_with_probabilities(rows),
                options);
}

}  // namespace gibbs::losses
