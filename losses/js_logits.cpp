// With q = softmax(z), s = p + q and d = (q - p) / s, the term of a class is p ln(1 - d) / 2 + q ln(1 + d) / 2. For
// small d the two cancel, and it is s/4 d^2 (1 + d^2/6 + d^4/15 + ...), coefficients 1 / (n (2n - 1)).
//
// The gradient needs the same logarithms, so the forward pass computes it at once, for a loss gradient of 1.
#include "gibbs/losses/js_logits.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/coefficients.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

constexpr double kSmall = .1;  // |d| below which the series is exact to the last bits of float64

/// sum_n d2^n / (n (2n - 1)), n = 1 ... 8.
template <class T>
T series(T d2) {
  T sum = 0;
  for (int n = 8; n >= 1; --n) {
    sum = d2 * (T{1} / static_cast<T>(n * (2 * n - 1)) + sum);
  }
  return sum;
}

/// What one group works on, all [K, L].
template <class T, int L>
struct Work {
  explicit Work(std::int64_t classes)
      : size(L * classes),
        memory(5 * size),
        p(memory.data()),
        q(p + size),
        d(q + size),
        log_p_over_m(d + size),
        log_q_over_m(log_p_over_m + size) {}

  std::int64_t size;
  Scratch<T> memory;
  T *p, *q, *d, *log_p_over_m, *log_q_over_m;
};

/// What to take the logarithm of for ln(1 + d) = ln(2 q / s): 1 + d, unless d is so near -1 that only 2 q / s is exact.
template <class T>
T logarithm_argument(T d, T q, T s) {
  return d > T{-.5} ? 1 + d : 2 * q / s;
}

/// ln(1 + d) from log_u = ln u, u = logarithm_argument(d, ...), without the error of rounding 1 + d (Kahan); 0 for q =
/// 0, as 0 ln 0 = 0.
template <class T>
T corrected(T d, T q, T log_u) {
  const T u = 1 + d;
  const T near = u == 1 ? d : log_u * (d / (u - 1));
  return q > 0 ? (d > T{-.5} ? near : log_u) : T{0};
}

template <class T, int L>
void write_logarithms(const kernels::SoftmaxGroup<T, L>& group, Work<T, L>& s) {
  double scale[L];
  for (int i = 0; i < L; ++i) {
    scale[i] = 1 / group.total[i];
  }
  for (std::int64_t k = 0; k < group.classes; ++k) {
    for (int i = 0; i < L; ++i) {
      const std::int64_t at = k * L + i;
      s.q[at] = static_cast<T>(static_cast<double>(group.exponential[at]) * scale[i]);
      const T sum = s.p[at] + s.q[at];
      s.d[at] = sum > 0 ? (s.q[at] - s.p[at]) / sum : T{0};
      s.log_p_over_m[at] = logarithm_argument(-s.d[at], s.p[at], sum);
      s.log_q_over_m[at] = logarithm_argument(s.d[at], s.q[at], sum);
    }
  }
  kernels::simd::log(s.log_p_over_m, s.log_p_over_m, s.size);
  kernels::simd::log(s.log_q_over_m, s.log_q_over_m, s.size);
  for (std::int64_t at = 0; at < s.size; ++at) {
    s.log_p_over_m[at] = corrected(-s.d[at], s.p[at], s.log_p_over_m[at]);
    s.log_q_over_m[at] = corrected(s.d[at], s.q[at], s.log_q_over_m[at]);
  }
}

/// w: [K].
template <class T, int L>
void write_losses(const kernels::SoftmaxGroup<T, L>& group, const T* w, const Work<T, L>& s, T* losses) {
  double loss[L] = {};
  for (std::int64_t k = 0; k < group.classes; ++k) {
    for (int i = 0; i < L; ++i) {
      const std::int64_t at = k * L + i;
      const T by_series = (s.p[at] + s.q[at]) / 4 * series(s.d[at] * s.d[at]);
      const T by_logarithms = (s.p[at] * s.log_p_over_m[at] + s.q[at] * s.log_q_over_m[at]) / 2;
      loss[i] += static_cast<double>(w[k] * (std::abs(s.d[at]) < static_cast<T>(kSmall) ? by_series : by_logarithms));
    }
  }
  for (std::int64_t i = 0; i < group.rows; ++i) {
    losses[group.first + i] = static_cast<T>(loss[i]);
  }
}

/// dz = q (g - sum_k q_k g_k), g = w ln(q / m) / 2.
template <class T, int L>
void write_gradient(const kernels::SoftmaxGroup<T, L>& group, const T* w, Work<T, L>& s, T* dz) {
  double mean[L] = {};
  for (std::int64_t k = 0; k < group.classes; ++k) {
    for (int i = 0; i < L; ++i) {
      mean[i] += static_cast<double>(s.q[k * L + i] * w[k] * s.log_q_over_m[k * L + i]);
    }
  }
  T* turned = s.d;  // not needed any more
  for (std::int64_t k = 0; k < group.classes; ++k) {
    for (int i = 0; i < L; ++i) {
      const std::int64_t at = k * L + i;
      turned[at] = s.q[at] * (w[k] * s.log_q_over_m[at] - static_cast<T>(mean[i])) / 2;
    }
  }
  kernels::turn_back<L>(turned, group.rows, group.classes, dz + group.first * group.classes);
}

struct Forward {
  Tensor losses;    // [M]
  Tensor gradient;  // [M, K], undefined when not wanted
};

Forward run(const Rows& rows, bool want_gradient) {
  const Tensor& z = rows.prediction.value();
  const Coefficients p = rows.coefficients([](const Tensor& x) { return x; }, /*weigh=*/false);
  const Tensor w = rows.class_weights.defined() ? rows.class_weights : Tensor::ones({z.size(1)}, z.dtype());
  Forward result{Tensor::uninitialized({z.size(0)}, z.dtype()),
                 want_gradient ? Tensor::uninitialized(z.shape(), z.dtype()) : Tensor()};
  dispatch_floating(z.dtype(), "js_divergence", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> p_rows(p);
    const T* w_data = w.data<T>();
    T* losses = result.losses.mutable_data<T>();
    T* dz = want_gradient ? result.gradient.mutable_data<T>() : nullptr;
    kernels::for_softmax_groups<T>(z, [&]<int L>(const kernels::SoftmaxGroup<T, L>& group) {
      Work<T, L> work(group.classes);
      p_rows.template read<L>(group.first, group.rows, work.p);
      write_logarithms(group, work);
      write_losses(group, w_data, work, losses);
      if (dz != nullptr) {
        write_gradient(group, w_data, work, dz);
      }
    });
  });
  return result;
}

/// dz with row n multiplied by dy_n.
Tensor scaled(const Tensor& dz, const Tensor& dy) { return kernels::mul(dz, dy.reshape({dy.size(0), 1})); }

Variable in_ops(const Rows& rows, const Variable& z) {
  return sum(rows.weighted(jensen_shannon_terms(rows.p(), softmax(z))), {-1});
}

}  // namespace

Variable js_rows_of_logits(const Rows& rows) {
  if (rows.target_is_traced()) {
    return in_ops(rows, rows.prediction);
  }
  const Forward forward = run(rows, rows.prediction.traced());
  return fused(
      "js_divergence_with_logits", {rows.prediction}, forward.losses,
      [dz = saved(forward.gradient)](const Variables&, const Tensor& dy, const std::vector<bool>&) {
        return std::vector{scaled(dz.value(), dy)};
      },
      [rows](const Variables& in) { return in_ops(rows, in[0]); });
}

}  // namespace gibbs::losses
