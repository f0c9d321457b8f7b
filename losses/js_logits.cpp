// With q = softmax(z), s = p + q and d = (q - p) / s, the term of a class is p ln(1 - d) / 2 + q ln(1 + d) / 2. For
// small d the two cancel, and it is s/4 d^2 (1 + d^2/6 + d^4/15 + ...), coefficients 1 / (n (2n - 1)).
//
// The gradient needs the same logarithms. For class indices they are known at every class but one.
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
        log_p_over_m(q + room),
        log_q_over_m(log_p_over_m + room),
        terms(log_q_over_m + room) {}

  Scratch<T> memory;
  T *p, *q, *log_p_over_m, *log_q_over_m, *terms;
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

/// Logarithms and terms JS_k of `classes` classes from their p and q.
template <class T, int L>
void compare(std::int64_t classes, Work<T, L>& s) {
  using V = Lanes<T, L>;
  T* d_of = s.terms;
  for (std::int64_t at = 0; at < classes * L; at += L) {
    const V p = lanes<L>(s.p + at), q = lanes<L>(s.q + at), sum = p + q;
    const V d = sum > 0 ? (q - p) / sum : V{};
    lanes<L>(d_of + at) = d;
    lanes<L>(s.log_p_over_m + at) = logarithm_argument<T, L>(-d, p, sum);
    lanes<L>(s.log_q_over_m + at) = logarithm_argument<T, L>(d, q, sum);
  }
  kernels::simd::log(s.log_p_over_m, s.log_p_over_m, classes * L);
  kernels::simd::log(s.log_q_over_m, s.log_q_over_m, classes * L);
  for (std::int64_t at = 0; at < classes * L; at += L) {
    const V p = lanes<L>(s.p + at), q = lanes<L>(s.q + at), d = lanes<L>(d_of + at), d2 = d * d;
    const V log_p_over_m = corrected<T, L>(-d, p, lanes<L>(s.log_p_over_m + at));
    const V log_q_over_m = corrected<T, L>(d, q, lanes<L>(s.log_q_over_m + at));
    V series = {};  // sum_n d^(2n) / (n (2n - 1))
    for (int n = 8; n >= 1; --n) {
      series = d2 * (T{1} / static_cast<T>(n * (2 * n - 1)) + series);
    }
    const V by_logarithms = (p * log_p_over_m + q * log_q_over_m) / 2;
    lanes<L>(s.log_q_over_m + at) = log_q_over_m;
    lanes<L>(s.terms + at) = d2 < static_cast<T>(kSmall * kSmall) ? (p + q) / 4 * series : by_logarithms;
  }
}

/// The same where p is 1 at the row's class and 0 elsewhere: there m is q / 2, and ln(q / m) is ln 2.
template <class T, int L>
void compare_one_hot(const SoftmaxGroup<T, L>& group, const CoefficientRows<T>& p, Work<T, L>& s) {
  using V = Lanes<T, L>;
  using Label = typename CoefficientRows<T>::Label;
  Label y[L];
  p.template labels<L>(group.first, group.rows, y);
  Work<T, L> at_class(kernels::whole_squares<T>(1) * L);
  for (int i = 0; i < L; ++i) {
    at_class.p[i] = 1;
    at_class.q[i] = s.q[y[i] * L + i];
  }
  compare(1, at_class);
  T log_2 = 2;
  kernels::simd::log(&log_2, &log_2, 1);
  for (std::int64_t k = 0, at = 0; k < group.classes; ++k, at += L) {
    const auto is_class = lanes<L>(y) == kernels::repeated<L>(static_cast<Label>(k));
    const V q = lanes<L>(s.q + at), log_q_over_m = q > 0 ? kernels::repeated<L>(log_2) : V{};
    const V term = q * log_q_over_m / 2;
    lanes<L>(s.log_q_over_m + at) = is_class ? lanes<L>(at_class.log_q_over_m) : log_q_over_m;
    lanes<L>(s.terms + at) = is_class ? lanes<L>(at_class.terms) : term;
  }
}

/// sum_k w_k JS_k. w: [K].
template <class T, int L>
void write_losses(const SoftmaxGroup<T, L>& group, const T* w, const Work<T, L>& s, T* losses) {
  for (int i = 0; i < L; i += kernels::kSums<L>) {
    Lanes<double, kernels::kSums<L>> loss = {};
    for (std::int64_t k = 0; k < group.classes; ++k) {
      loss += static_cast<double>(w[k]) * kernels::wide<kernels::kSums<L>>(s.terms + k * L + i);
    }
    group.write_rows(i, loss, losses);
  }
}

/// dz = dy q (g - sum_k q_k g_k), g = w ln(q / m) / 2; turned.
template <class T, int L>
void write_gradient(const SoftmaxGroup<T, L>& group, const T* w, const T* dy, Work<T, L>& s, T* dz) {
  T* g = s.log_q_over_m;
  for (std::int64_t k = 0, at = 0; k < group.classes; ++k, at += L) {
    lanes<L>(g + at) *= w[k] / 2;
    lanes<L>(dz + at) = lanes<L>(s.q + at) * lanes<L>(g + at);
  }
  double sum[L];
  kernels::sum_rows<L>(dz, group.classes, sum);
  T mean[L], row_dy[L];
  group.read(dy, row_dy);
  for (int i = 0; i < L; ++i) {
    mean[i] = static_cast<T>(sum[i]);
  }
  for (std::int64_t at = 0; at < group.classes * L; at += L) {
    lanes<L>(dz + at) = lanes<L>(row_dy) * (lanes<L>(s.q + at) * (lanes<L>(g + at) - lanes<L>(mean)));
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
    const bool one_hot = p_rows.one_hot();
    kernels::for_softmax_groups<T>(z, [&]<int L>(const SoftmaxGroup<T, L>& group) {
      Work<T, L> work(group.room());
      T scale[L];
      for (int i = 0; i < L; ++i) {
        scale[i] = static_cast<T>(1 / group.total[i]);
      }
      for (std::int64_t at = 0; at < group.classes * L; at += L) {
        lanes<L>(work.q + at) = lanes<L>(group.exponential + at) * lanes<L>(scale);
      }
      if (one_hot) {
        compare_one_hot(group, p_rows, work);
      } else {
        p_rows.template read<L>(group.first, group.rows, work.p);
        compare(group.classes, work);
      }
      write_losses(group, w_data, work, losses);
      if (dz != nullptr) {
        write_gradient(group, w_data, dy.data<T>(), work, work.terms);
        group.turn_back(work.terms, work.p, dz);
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
