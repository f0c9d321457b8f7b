// With q = softmax(z), s = p + q and d = (q - p) / s, the term of a class is p ln(1 - d) / 2 + q ln(1 + d) / 2. For
// small d the two cancel, and it is s/4 d^2 (1 + d^2/6 + d^4/15 + ...), coefficients 1 / (n (2n - 1)).
//
// The gradient needs the same logarithms.
#include "gibbs/losses/js_logits.h"

#include <algorithm>

#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/coefficients.h"
#include "gibbs/losses/one_pass.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

constexpr double kSmall = .1;  // |d| below which the series is exact to the last bits of float64

using kernels::Lanes, kernels::lanes, kernels::SoftmaxGroup;

/// What one group works on, all [K, L].
template <class T, int L>
struct Work {
  explicit Work(std::int64_t room)
      : memory(5 * room),
        p(memory.data()),
        q(p + room),
        d(q + room),
        log_p_over_m(d + room),
        log_q_over_m(log_p_over_m + room) {}

  Scratch<T> memory;
  T *p, *q, *d, *log_p_over_m, *log_q_over_m;
};

/// What to take the logarithm of for ln(1 + d) = ln(2 q / s): 1 + d, unless d is so near -1 that only 2 q / s is exact.
template <class T, int L>
Lanes<T, L> logarithm_argument(const Lanes<T, L>& d, const Lanes<T, L>& q, const Lanes<T, L>& s) {
  return d > -.5F ? 1 + d : 2 * q / s;
}

/// ln(1 + d) from log_u = ln u, u = logarithm_argument(d, ...), without the error of rounding 1 + d (Kahan); 0 for q =
/// 0, as 0 ln 0 = 0.
template <class T, int L>
Lanes<T, L> corrected(const Lanes<T, L>& d, const Lanes<T, L>& q, const Lanes<T, L>& log_u) {
  const Lanes<T, L> rounded = (1 + d) - 1;
  const Lanes<T, L> near = rounded == 0 ? d : log_u * (d / rounded);
  return q > 0 ? (d > -.5F ? near : log_u) : Lanes<T, L>{};
}

template <class T, int L>
void write_logarithms(const SoftmaxGroup<T, L>& group, Work<T, L>& s) {
  using V = Lanes<T, L>;
  T scale[L];
  for (int i = 0; i < L; ++i) {
    scale[i] = static_cast<T>(1 / group.total[i]);
  }
  for (std::int64_t at = 0; at < group.classes * L; at += L) {
    const V p = lanes<L>(s.p + at), q = lanes<L>(group.exponential + at) * lanes<L>(scale), sum = p + q;
    const V d = sum > 0 ? (q - p) / sum : V{};
    lanes<L>(s.q + at) = q;
    lanes<L>(s.d + at) = d;
    lanes<L>(s.log_p_over_m + at) = logarithm_argument<T, L>(-d, p, sum);
    lanes<L>(s.log_q_over_m + at) = logarithm_argument<T, L>(d, q, sum);
  }
  kernels::simd::log(s.log_p_over_m, s.log_p_over_m, group.classes * L);
  kernels::simd::log(s.log_q_over_m, s.log_q_over_m, group.classes * L);
  for (std::int64_t at = 0; at < group.classes * L; at += L) {
    const V d = lanes<L>(s.d + at);
    lanes<L>(s.log_p_over_m + at) = corrected<T, L>(-d, lanes<L>(s.p + at), lanes<L>(s.log_p_over_m + at));
    lanes<L>(s.log_q_over_m + at) = corrected<T, L>(d, lanes<L>(s.q + at), lanes<L>(s.log_q_over_m + at));
  }
}

/// d is replaced by the terms of the loss, w JS_k. w: [K].
template <class T, int L>
void write_terms(const SoftmaxGroup<T, L>& group, const T* w, Work<T, L>& s) {
  using V = Lanes<T, L>;
  for (std::int64_t k = 0, at = 0; k < group.classes; ++k, at += L) {
    const V p = lanes<L>(s.p + at), q = lanes<L>(s.q + at), d = lanes<L>(s.d + at), d2 = d * d;
    V series = {};  // sum_n d^(2n) / (n (2n - 1))
    for (int n = 8; n >= 1; --n) {
      series = d2 * (T{1} / static_cast<T>(n * (2 * n - 1)) + series);
    }
    const V by_logarithms = (p * lanes<L>(s.log_p_over_m + at) + q * lanes<L>(s.log_q_over_m + at)) / 2;
    lanes<L>(s.d + at) = w[k] * (d2 < static_cast<T>(kSmall * kSmall) ? (p + q) / 4 * series : by_logarithms);
  }
}

/// dz = dy q (g - sum_k q_k g_k), g = w ln(q / m) / 2; turned, in d.
template <class T, int L>
void write_gradient(const SoftmaxGroup<T, L>& group, const T* w, const T* dy, Work<T, L>& s) {
  for (std::int64_t k = 0, at = 0; k < group.classes; ++k, at += L) {
    lanes<L>(s.log_q_over_m + at) *= w[k] / 2;
    lanes<L>(s.d + at) = lanes<L>(s.q + at) * lanes<L>(s.log_q_over_m + at);
  }
  double sum[L];
  kernels::sum_rows<L>(s.d, group.classes, sum);
  T mean[L], row_dy[L];
  group.read(dy, row_dy);
  for (int i = 0; i < L; ++i) {
    mean[i] = static_cast<T>(sum[i]);
  }
  for (std::int64_t at = 0; at < group.classes * L; at += L) {
    lanes<L>(s.d + at) = lanes<L>(row_dy) * (lanes<L>(s.q + at) * (lanes<L>(s.log_q_over_m + at) - lanes<L>(mean)));
  }
}

LossesAndGradient run(const Coefficients& p, const Tensor& w, const Tensor& z, const Tensor& dy) {
  LossesAndGradient result{Tensor::uninitialized({z.size(0)}, z.dtype()),
                           dy.defined() ? Tensor::uninitialized(z.shape(), z.dtype()) : Tensor()};
  dispatch_floating(z.dtype(), "js_divergence", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> p_rows(p);
    const T* w_data = w.data<T>();
    T* losses = result.losses.mutable_data<T>();
    T* dz = dy.defined() ? result.dz.mutable_data<T>() : nullptr;
    kernels::for_softmax_groups<T>(z, [&]<int L>(const SoftmaxGroup<T, L>& group) {
      Work<T, L> work(group.room());
      p_rows.template read<L>(group.first, group.rows, work.p);
      write_logarithms(group, work);
      write_terms(group, w_data, work);
      double loss[L] = {};
      kernels::sum_rows<L>(work.d, group.classes, loss);
      for (std::int64_t i = 0; i < group.rows; ++i) {
        losses[group.first + i] = static_cast<T>(loss[i]);
      }
      if (dz != nullptr) {
        write_gradient(group, w_data, dy.data<T>(), work);
        group.turn_back(work.d, work.q, dz);
      }
    });
  });
  return result;
}

Variable in_ops(const Rows& rows, const Variable& z) {
  return sum(rows.weighted(jensen_shannon_terms(rows.p(), softmax(z))), {-1});
}

}  // namespace

Variable js_divergence_of_logits(const Rows& rows, const CategoricalOptions& options) {
  const Tensor& z = rows.prediction.value();
  const auto kernel = [p = rows.coefficients([](const Tensor& x) { return x; }, /*weigh=*/false),
                       w = rows.class_weights.defined() ? rows.class_weights : Tensor::ones({z.size(1)}, z.dtype())](
                          const Tensor& logits, const Tensor& dy) { return run(p, w, logits, dy); };
  return one_pass_loss("js_divergence_with_logits", rows, options, kernel,
                       [rows](const Variable& logits) { return in_ops(rows, logits); });
}

}  // namespace gibbs::losses
