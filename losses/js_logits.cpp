// With q = softmax(z), s = p + q and d = (q - p) / s, the term of a class is p ln(1 - d) / 2 + q ln(1 + d) / 2. For
// small d the two cancel, and it is s/4 d^2 (1 + d^2/6 + d^4/15 + ...), coefficients 1 / (n (2n - 1)).
//
// The gradient needs the same logarithms, so the forward pass computes it at once, for a loss gradient of 1.
#include "gibbs/losses/js_logits.h"

#include <cmath>
#include <vector>

#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/coefficients.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/softmax_blocks.h"

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

/// What one block works on, all [rows, K].
template <class T>
struct Scratch {
  explicit Scratch(std::int64_t elements)
      : memory(static_cast<std::size_t>(5 * elements)),
        p(memory.data()),
        q(p + elements),
        d(q + elements),
        log_p_over_m(d + elements),
        log_q_over_m(log_p_over_m + elements) {}

  std::vector<T> memory;
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

template <class T>
void write_logarithms(const kernels::SoftmaxBlock<T>& block, const T* p, Scratch<T>& s) {
  for (std::int64_t r = 0; r < block.rows; ++r) {
    const double scale = 1 / block.total[r];
    for (std::int64_t i = r * block.classes; i < (r + 1) * block.classes; ++i) {
      s.q[i] = static_cast<T>(static_cast<double>(block.exponential[i]) * scale);
      const T sum = p[i] + s.q[i];
      s.d[i] = sum > 0 ? (s.q[i] - p[i]) / sum : T{0};
      s.log_p_over_m[i] = logarithm_argument(-s.d[i], p[i], sum);
      s.log_q_over_m[i] = logarithm_argument(s.d[i], s.q[i], sum);
    }
  }
  const std::int64_t elements = block.rows * block.classes;
  kernels::simd::log(s.log_p_over_m, s.log_p_over_m, elements);
  kernels::simd::log(s.log_q_over_m, s.log_q_over_m, elements);
  for (std::int64_t i = 0; i < elements; ++i) {
    s.log_p_over_m[i] = corrected(-s.d[i], p[i], s.log_p_over_m[i]);
    s.log_q_over_m[i] = corrected(s.d[i], s.q[i], s.log_q_over_m[i]);
  }
}

/// w: [K].
template <class T>
void write_losses(const kernels::SoftmaxBlock<T>& block, const T* p, const T* w, const Scratch<T>& s, T* losses) {
  for (std::int64_t r = 0, i = 0; r < block.rows; ++r) {
    double loss = 0;
    for (std::int64_t k = 0; k < block.classes; ++k, ++i) {
      const T by_series = (p[i] + s.q[i]) / 4 * series(s.d[i] * s.d[i]);
      const T by_logarithms = (p[i] * s.log_p_over_m[i] + s.q[i] * s.log_q_over_m[i]) / 2;
      loss += static_cast<double>(w[k] * (std::abs(s.d[i]) < static_cast<T>(kSmall) ? by_series : by_logarithms));
    }
    losses[r] = static_cast<T>(loss);
  }
}

/// dz = q (g - sum_k q_k g_k), g = w ln(q / m) / 2.
template <class T>
void write_gradient(const kernels::SoftmaxBlock<T>& block, const T* w, const Scratch<T>& s, T* dz) {
  for (std::int64_t r = 0; r < block.rows; ++r, dz += block.classes) {
    const T *q = s.q + r * block.classes, *log_q_over_m = s.log_q_over_m + r * block.classes;
    double mean = 0;
    for (std::int64_t k = 0; k < block.classes; ++k) {
      mean += static_cast<double>(q[k] * w[k] * log_q_over_m[k]);
    }
    for (std::int64_t k = 0; k < block.classes; ++k) {
      dz[k] = q[k] * (w[k] * log_q_over_m[k] - static_cast<T>(mean)) / 2;
    }
  }
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
    kernels::for_softmax_blocks<T>(z, [&](const kernels::SoftmaxBlock<T>& block) {
      Scratch<T> scratch(block.rows * block.classes);
      const T* p_block = p_rows.read(block.first, block.rows, scratch.p);
      write_logarithms(block, p_block, scratch);
      write_losses(block, p_block, w_data, scratch, losses + block.first);
      if (dz != nullptr) {
        write_gradient(block, w_data, scratch, dz + block.first * block.classes);
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
