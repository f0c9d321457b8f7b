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
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/softmax_blocks.h"

namespace gibbs::losses {
namespace {

/// x where condition holds, else the constant.
Variable where_or(const Tensor& condition, const Variable& x, double constant) {
  return where(condition, x, Tensor::full(x.shape(), constant, x.dtype()));
}

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

/// sum_k c_k (log_p_k - log_q_k) of every row.
Forward run_forward(const Tensor& logits, const Coefficients& c, const Coefficients& log_p) {
  Forward result{Tensor::uninitialized({logits.size(0)}, logits.dtype()),
                 Tensor::uninitialized(logits.shape(), logits.dtype())};
  dispatch_floating(logits.dtype(), "kl_divergence", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> c_rows(c), log_p_rows(log_p);
    T *losses = result.losses.mutable_data<T>(), *log_q = result.log_q.mutable_data<T>();
    kernels::for_softmax_blocks<T>(logits, [&](const kernels::SoftmaxBlock<T>& block) {
      const std::int64_t classes = block.classes;
      std::vector<T> buffer(static_cast<std::size_t>(2 * block.rows * classes));
      const T* c_row = c_rows.read(block.first, block.rows, buffer.data());
      const T* log_p_row = log_p_rows.read(block.first, block.rows, buffer.data() + block.rows * classes);
      const T* shifted = block.shifted;
      T* log_q_row = log_q + block.first * classes;
      for (std::int64_t r = 0; r < block.rows; ++r) {
        const T log_total = static_cast<T>(block.log_total[r]);
        double divergence = 0;
        for (std::int64_t k = 0; k < classes; ++k) {
          log_q_row[k] = shifted[k] - log_total;
          const double gap = static_cast<double>(log_p_row[k]) - static_cast<double>(log_q_row[k]);
          divergence += c_row[k] > 0 ? static_cast<double>(c_row[k]) * gap : 0.0;
        }
        losses[block.first + r] = static_cast<T>(divergence);
        c_row += classes, log_p_row += classes, shifted += classes, log_q_row += classes;
      }
    });
  });
  return result;
}

/// d log_q = -dy c, through log_softmax: dz = d log_q - q sum_k d log_q_k.
Tensor run_backward(const Tensor& log_q, const Coefficients& c, const Tensor& dy) {
  Tensor dz = Tensor::uninitialized(log_q.shape(), log_q.dtype());
  const std::int64_t classes = log_q.size(1);
  dispatch_floating(log_q.dtype(), "kl_divergence", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> c_rows(c);
    const T *log_q_data = log_q.data<T>(), *dy_data = dy.data<T>();
    T* dz_data = dz.mutable_data<T>();
    const std::int64_t block = std::max<std::int64_t>(1, 2048 / classes);
    parallel_for(0, log_q.size(0), block, [&](std::int64_t first, std::int64_t last) {
      std::vector<T> buffer(static_cast<std::size_t>((last - first) * classes));
      const T* c_row = c_rows.read(first, last - first, buffer.data());
      T* dz_row = dz_data + first * classes;
      kernels::simd::exp(log_q_data + first * classes, dz_row, (last - first) * classes);
      for (std::int64_t n = first; n < last; ++n, c_row += classes, dz_row += classes) {
        double sum_of_c = 0;
        for (std::int64_t k = 0; k < classes; ++k) {
          sum_of_c += static_cast<double>(c_row[k]);
        }
        const T q_scale = static_cast<T>(static_cast<double>(dy_data[n]) * sum_of_c);
        for (std::int64_t k = 0; k < classes; ++k) {
          dz_row[k] = dz_row[k] * q_scale - dy_data[n] * c_row[k];
        }
      }
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
