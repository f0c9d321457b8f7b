// With the softmax of a group of rows at hand, the loss of a row is sum_k c_k (ln total - shifted_k), and its gradient
// the textbook's, softmax(z) sum c - c.
#include "gibbs/tensor/kernels/rows/cross_entropy.h"

#include "gibbs/tensor/kernels/rows/coefficient_rows.h"
#include "gibbs/tensor/kernels/rows/scratch.h"
#include "gibbs/tensor/kernels/simd/softmax_groups.h"

namespace gibbs::kernels::rows {
namespace {

/// sum_k c_k (log_total - shifted_k), the loss of each row; a class with c = 0 adds nothing, even where its logit is
/// -inf. c: [steps, L].
template <class T, int L, bool spread>
void write_row_losses(const SoftmaxGroup<T, L, spread>& group, const T* c, T* losses) {
  constexpr int S = kSums<L>;
  double log_total[L], loss[L];
  group.log_total(log_total);
  for (int i = 0; i < L; i += S) {
    Lanes<double, S> sum = {};
    for (std::int64_t k = 0; k < group.steps; ++k) {
      const auto ck = wide<S>(c + k * L + i);
      const auto minus_log_q = lanes<S>(log_total + i) - wide<S>(group.shifted + k * L + i);
      sum += ck != 0 ? ck * minus_log_q : decltype(ck){};
    }
    lanes<S>(loss + i) = sum;
  }
  group.gather(loss);
  group.write_rows(loss, losses);
}

/// dz = dy (softmax(z) sum_k c_k - c), laid out as the group. c: [steps, L].
template <class T, int L, bool spread>
void write_gradient(const SoftmaxGroup<T, L, spread>& group, const T* c, const RowValues<T>& dy, T* dz) {
  double sum_of_c[L];
  group.sum_classes(c, sum_of_c);
  T scale[L], row_dy[L];
  group.read(dy, row_dy);
  convert<L, kSums<L>>([&](int i) { return lanes<kSums<L>>(sum_of_c + i) / lanes<kSums<L>>(group.total + i); }, scale);
  for (std::int64_t at = 0; at < group.steps * L; at += L) {
    lanes<L>(dz + at) = lanes<L>(row_dy) * fma(lanes<L>(scale), lanes<L>(group.exponential + at), -lanes<L>(c + at));
  }
}

/// Losses and gradient (if dz is not null) where c has one entry per row, at the row's class y.
template <class T, int L, bool spread>
void write_one_hot(const SoftmaxGroup<T, L, spread>& group, const CoefficientRows<T>& c, const RowValues<T>& dy,
                   T* losses, T* dz) {
  using Label = typename SoftmaxGroup<T, L, spread>::Label;
  Label y[L];
  c.labels(group, y);
  T entry[L], shifted[L];
  c.own(group, y, entry);
  c.at_class(group, group.shifted, y, shifted);
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
  convert<L, kSums<L>>([&](int i) { return wide<kSums<L>>(entry + i) / lanes<kSums<L>>(group.total + i); }, scale);
  for (std::int64_t k = 0; k < group.steps; ++k) {
    const auto is_class = lanes<L>(y) == group.classes_of(k);
    const Lanes<T, L> c_k = is_class ? lanes<L>(entry) : Lanes<T, L>{};
    lanes<L>(dz + k * L) = lanes<L>(row_dy) * fma(lanes<L>(scale), lanes<L>(group.exponential + k * L), -c_k);
  }
}

}  // namespace

LossesAndGradient cross_entropy(const Coefficients& coefficients, const Tensor& z, const Tensor& dy, Output output) {
  LossesAndGradient result(z, dy, output);
  dispatch_floating(z.dtype(), "cross_entropy", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> rows(coefficients);
    T* losses = output == Output::each_row ? result.losses.mutable_data<T>() : nullptr;
    T* dz = dy.defined() ? result.dz.mutable_data<T>() : nullptr;
    const RowValues<T> row_dy(dy);
    const bool one_hot = rows.one_hot();
    result.sum = for_softmax_groups<T>(z, [&]<int L, bool spread>(const SoftmaxGroup<T, L, spread>& group) {
      Scratch<T> c(group.room()), transposed(group.room());
      if (one_hot) {
        write_one_hot(group, rows, row_dy, losses, dz != nullptr ? transposed.data() : nullptr);
      } else {
        rows.read(group, c.data());
        write_row_losses(group, c.data(), losses);
        if (dz != nullptr) {
          write_gradient(group, c.data(), row_dy, transposed.data());
        }
      }
      if (dz != nullptr) {
        group.put_back(transposed.data(), c.data(), dz);
      }
    });
  });
  return result;
}

}  // namespace gibbs::kernels::rows
