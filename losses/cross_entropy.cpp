// -sum p log q by hand on logits: one pass over them for values and gradient, with sums in double. The same in ops is
// the reference for higher derivatives and for targets that are differentiated; the form on probabilities is not hot
// and is written in ops.
#include "gibbs/losses/cross_entropy.h"

#include <algorithm>
#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/detail/at_least_zero.h"
#include "gibbs/losses/detail/coefficients.h"
#include "gibbs/losses/detail/one_pass.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/simd/softmax_groups.h"

namespace gibbs::losses {
namespace {

using kernels::kSums, kernels::lanes, kernels::RowValues, kernels::SoftmaxGroup, kernels::wide;

/// sum_k c_k (log_total - shifted_k), the loss of each row; a class with c = 0 adds nothing, even where its logit is
/// -inf. c: [K, L].
template <class T, int L>
void write_row_losses(const SoftmaxGroup<T, L>& group, const T* c, T* losses) {
  double log_total[L];
  group.log_total(log_total);
  for (int i = 0; i < L; i += kSums<L>) {
    kernels::Lanes<double, kSums<L>> sum = {};
    for (std::int64_t k = 0; k < group.classes; ++k) {
      const auto ck = wide<kSums<L>>(c + k * L + i);
      const auto minus_log_q = lanes<kSums<L>>(log_total + i) - wide<kSums<L>>(group.shifted + k * L + i);
      sum += ck != 0 ? ck * minus_log_q : decltype(ck){};
    }
    group.write_rows(i, sum, losses);
  }
}

/// dz = dy (softmax(z) sum_k c_k - c), turned. c: [K, L].
template <class T, int L>
void write_gradient(const SoftmaxGroup<T, L>& group, const T* c, const RowValues<T>& dy, T* dz) {
  double sum_of_c[L];
  kernels::sum_rows<L>(c, group.classes, sum_of_c);
  T scale[L], row_dy[L];
  group.read(dy, row_dy);
  kernels::convert<L, kSums<L>>([&](int i) { return lanes<kSums<L>>(sum_of_c + i) / lanes<kSums<L>>(group.total + i); },
                                scale);
  for (std::int64_t at = 0; at < group.classes * L; at += L) {
    lanes<L>(dz + at) = lanes<L>(row_dy) * (lanes<L>(scale) * lanes<L>(group.exponential + at) - lanes<L>(c + at));
  }
}

/// Losses and gradient (if dz is not null) where c has one entry per row, at the row's class y.
template <class T, int L>
void write_one_hot(const SoftmaxGroup<T, L>& group, const CoefficientRows<T>& c, const RowValues<T>& dy, T* losses,
                   T* dz) {
  using Label = typename CoefficientRows<T>::Label;
  Label y[L];
  c.template labels<L>(group.first, group.rows, y);
  T entry[L], shifted[L];
  c.template own<L>(y, entry);
  c.template at_class<L>(group.shifted, y, shifted);
  double log_total[L];
  group.log_total(log_total);
  for (int i = 0; i < L; i += kSums<L>) {
    const auto weight = wide<kSums<L>>(entry + i);
    const auto loss = weight * (lanes<kSums<L>>(log_total + i) - wide<kSums<L>>(shifted + i));
    group.write_rows(i, weight != 0 ? loss : decltype(loss){}, losses);
  }
  if (dz == nullptr) {
    return;
  }
  T scale[L], row_dy[L];
  group.read(dy, row_dy);
  kernels::convert<L, kSums<L>>([&](int i) { return wide<kSums<L>>(entry + i) / lanes<kSums<L>>(group.total + i); },
                                scale);
  for (std::int64_t k = 0; k < group.classes; ++k) {
    const auto is_class = lanes<L>(y) == kernels::repeated<L>(static_cast<Label>(k));
    const kernels::Lanes<T, L> c_k = is_class ? lanes<L>(entry) : kernels::Lanes<T, L>{};
    lanes<L>(dz + k * L) = lanes<L>(row_dy) * (lanes<L>(scale) * lanes<L>(group.exponential + k * L) - c_k);
  }
}

LossesAndGradient run(const Coefficients& coefficients, const Tensor& z, const Tensor& dy, Ask ask) {
  LossesAndGradient result(z, dy, ask);
  dispatch_floating(z.dtype(), "cross_entropy", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> rows(coefficients);
    T* losses = ask == Ask::rows ? result.losses.mutable_data<T>() : nullptr;
    T* dz = dy.defined() ? result.dz.mutable_data<T>() : nullptr;
    const kernels::RowValues<T> row_dy(dy);
    const bool one_hot = rows.one_hot();
    result.sum = kernels::for_softmax_groups<T>(z, [&]<int L>(const SoftmaxGroup<T, L>& group) {
      Scratch<T> c(group.room()), turned(group.room());
      if (one_hot) {
        write_one_hot(group, rows, row_dy, losses, dz != nullptr ? turned.data() : nullptr);
      } else {
        rows.template read<L>(group.first, group.rows, c.data());
        write_row_losses(group, c.data(), losses);
        if (dz != nullptr) {
          write_gradient(group, c.data(), row_dy, turned.data());
        }
      }
      if (dz != nullptr) {
        group.turn_back(turned.data(), c.data(), dz);
      }
    });
  });
  return result;
}

/// -sum_k p_k log_q_k in ops. `q_positive`: where q > 0, as uint8; elsewhere log_q counts only if p > 0.
Variable row_losses_in_ops(const Variable& p, const Variable& log_q, const Tensor& q_positive) {
  const Tensor is_counted = kernels::maximum(kernels::greater(p.value(), 0.0), q_positive);
  return 0.0 - sum(p * where(is_counted, log_q, Tensor::zeros(log_q.shape(), log_q.dtype())), {-1});
}

/// The rows' losses in ops.
Variable reference(const Rows& rows, const Variable& z) {
  const Variable log_softmax_z = log_softmax(z);
  const Tensor positive = kernels::greater(log_softmax_z.value(), -std::numeric_limits<double>::infinity());
  return row_losses_in_ops(rows.weighted(rows.p()), log_softmax_z, positive);
}

/// -sum_k p_k ln q_k. Where p and q are both 0, ln q is replaced by 0, with gradient 0.
Variable row_losses_of_probabilities(const Variable& p, const Variable& q) {
  const Tensor positive = kernels::greater(q.value(), 0.0);
  const Tensor is_counted = kernels::maximum(kernels::greater(p.value(), 0.0), positive);
  const Variable log_q = log(where(is_counted, q, Tensor::ones(q.shape(), q.dtype())));
  return at_least_zero(-sum(p * log_q, {-1}), rows_that_sum_to(q.value(), 1));
}

Variable row_losses_as_keras(const Variable& p, const Variable& q) {
  const Variable normalized = q / sum(q, {-1}, /*keepdim=*/true);
  return -sum(p * log(clamp(normalized, kKerasEpsilon, 1 - kKerasEpsilon)), {-1});
}

}  // namespace

Variable cross_entropy_with_logits(const Target& target, const Variable& logits, const CategoricalOptions& options) {
  const Rows rows =
      without_weightless(prepare("cross_entropy_with_logits", target, logits, Prediction::logits, options));
  const auto kernel = [c = rows.coefficients()](const Tensor& z, const Tensor& dy, Ask ask) {
    return run(c, z, dy, ask);
  };
  return one_pass_loss("cross_entropy_with_logits", rows, options, kernel,
                       [rows](const Variable& z) { return reference(rows, z); });
}

Variable cross_entropy_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const Rows rows = without_weightless(
      prepare("cross_entropy_with_probabilities", target, probabilities, Prediction::probabilities, options));
  const Variable p = rows.weighted(rows.p());
  return finish(rows,
                options.numerics == Numerics::keras ? row_losses_as_keras(p, rows.prediction)
                                                    : row_losses_of_probabilities(p, rows.prediction),
                options);
}

}  // namespace gibbs::losses
