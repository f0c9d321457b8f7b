// With the softmax of a group of rows at hand, the divergence of a row is summed from its logarithms, class by class,
// and the gradient -c of ln q is sent back through log_softmax.
#include "gibbs/tensor/kernels/rows/kl_divergence.h"

#include <algorithm>
#include <cmath>

#include "gibbs/tensor/kernels/rows/coefficient_rows.h"
#include "gibbs/tensor/kernels/rows/scratch.h"
#include "gibbs/tensor/kernels/simd/softmax_groups.h"

namespace gibbs::kernels::rows {
namespace {

/// total [L] = max(0, total) in the rows whose c [steps, L] sum to `whole` to rounding.
template <class T, int L, bool spread>
void clip(const SoftmaxGroup<T, L, spread>& group, const T* c, double whole, double* total) {
  double sum_of_c[L];
  group.sum_classes(c, sum_of_c);
  for (int i = 0; i < L; ++i) {
    if (total[i] <= 0 && std::abs(sum_of_c[i] - whole) <= whole * kSumRounding<T>) {
      total[i] = 0;
    }
  }
}

/// The loss of each row: sum_k c_k (log_p_k - log_q_k). c and log_p: [steps, L]; c of a distribution sums to `whole`.
template <class T, int L, bool spread>
void write_divergences(const SoftmaxGroup<T, L, spread>& group, const T* c, const T* log_p, double whole, T* losses) {
  constexpr int S = kSums<L>;
  double log_total[L], total[L];
  group.log_total(log_total);
  for (int i = 0; i < L; i += S) {
    Lanes<double, S> sum = {};
    for (std::int64_t at = i; at < group.steps * L; at += L) {
      const auto log_q = wide<S>(group.shifted + at) - lanes<S>(log_total + i);
      const auto weight = wide<S>(c + at);
      const auto term = weight * (wide<S>(log_p + at) - log_q);
      sum += weight > 0 ? term : decltype(term){};
    }
    lanes<S>(total + i) = sum;
  }
  group.gather(total);
  if (*std::min_element(total, total + L) < 0) {
    clip(group, c, whole, total);
  }
  group.write_rows(total, losses);
}

/// The gradient of log_q is -dy c; through log_softmax it becomes dz = -dy c + q sum_k dy c_k. c [steps, L] is
/// overwritten.
template <class T, int L, bool spread>
void send_back(const SoftmaxGroup<T, L, spread>& group, T* c, const RowValues<T>& dy, T* dz) {
  T row_dy[L], q_scale[L];
  double sum_of_c[L];
  group.sum_classes(c, sum_of_c);
  group.read(dy, row_dy);
  constexpr int S = kSums<L>;
  convert<L, S>([&](int i) { return wide<S>(row_dy + i) * lanes<S>(sum_of_c + i) / lanes<S>(group.total + i); },
                q_scale);
  for (std::int64_t at = 0; at < group.steps * L; at += L) {
    lanes<L>(c + at) *= lanes<L>(row_dy);
  }
  for (std::int64_t at = 0; at < group.steps * L; at += L) {
    lanes<L>(dz + at) = fma(lanes<L>(group.exponential + at), lanes<L>(q_scale), -lanes<L>(c + at));
  }
}

/// Both (the gradient if dz is not null) where a row is one-hot: p is 1 at the row's class y, c one weight there.
template <class T, int L, bool spread>
void run_one_hot(const SoftmaxGroup<T, L, spread>& group, const CoefficientRows<T>& c, const RowValues<T>& dy,
                 T* losses, T* dz) {
  typename SoftmaxGroup<T, L, spread>::Label y[L];
  c.labels(group, y);
  T weight[L], log_q[L];
  double log_total[L];
  group.log_total(log_total);
  c.own(group, y, weight);
  c.at_class(group, group.shifted, y, log_q);
  constexpr int S = kSums<L>;
  for (int i = 0; i < L; i += S) {
    const auto w = wide<S>(weight + i);
    const auto divergence = -w * (wide<S>(log_q + i) - lanes<S>(log_total + i));
    group.write_rows(i, w > 0 ? divergence : decltype(w){}, losses);
  }
  if (dz == nullptr) {
    return;
  }
  T row_dy[L], c_dy[L], q_scale[L];
  group.read(dy, row_dy);
  lanes<L>(c_dy) = lanes<L>(weight) * lanes<L>(row_dy);
  convert<L, S>([&](int i) { return wide<S>(row_dy + i) * wide<S>(weight + i) / lanes<S>(group.total + i); }, q_scale);
  for (std::int64_t k = 0; k < group.steps; ++k) {
    const auto is_class = lanes<L>(y) == group.classes_of(k);
    const Lanes<T, L> c_dy_k = is_class ? lanes<L>(c_dy) : Lanes<T, L>{};
    lanes<L>(dz + k * L) = fma(lanes<L>(group.exponential + k * L), lanes<L>(q_scale), -c_dy_k);
  }
}

}  // namespace

LossesAndGradient kl_divergence(const Coefficients& c, const Coefficients& log_p, double whole, const Tensor& z,
                                const Tensor& dy, Output output) {
  LossesAndGradient result(z, dy, output);
  dispatch_floating(z.dtype(), "kl_divergence", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> c_rows(c), log_p_rows(log_p);
    T* losses = output == Output::each_row ? result.losses.mutable_data<T>() : nullptr;
    T* dz = dy.defined() ? result.dz.mutable_data<T>() : nullptr;
    const RowValues<T> row_dy(dy);
    const bool one_hot = c_rows.one_hot() && log_p_rows.zero();  // ln p of a one-hot p is 0: ln 1, and 0 for ln 0
    result.sum = for_softmax_groups<T>(z, [&]<int L, bool spread>(const SoftmaxGroup<T, L, spread>& group) {
      Scratch<T> c_group(group.room()), transposed(group.room());
      if (one_hot) {
        run_one_hot(group, c_rows, row_dy, losses, dz != nullptr ? transposed.data() : nullptr);
      } else {
        Scratch<T> log_p_group(group.room());
        c_rows.read(group, c_group.data());
        log_p_rows.read(group, log_p_group.data());
        write_divergences(group, c_group.data(), log_p_group.data(), whole, losses);
        if (dz != nullptr) {
          send_back(group, c_group.data(), row_dy, transposed.data());
        }
      }
      if (dz != nullptr) {
        group.put_back(transposed.data(), c_group.data(), dz);
      }
    });
  });
  return result;
}

}  // namespace gibbs::kernels::rows
