// -sum p log q by hand on logits: one pass for values, one per gradient, each a loop over rows with the sum in double.
// The same in ops is the reference for higher derivatives; the form on probabilities is not hot and is written in ops.
#include "gibbs/losses/cross_entropy.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/softmax.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::losses {
namespace {

/// Calls body(n, offset of row n) for all rows of [N, K], in parallel where there is enough work.
template <class Body>
void for_rows(const Shape& shape, Body body) {
  const std::int64_t classes = shape[1];
  parallel_for(0, shape[0], std::max<std::int64_t>(1, 16384 / classes), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t n = first; n < last; ++n) {
      body(n, n * classes);
    }
  });
}

/// [N]: -sum_k p_k log_q_k; a class with p = 0 adds nothing, even where log_q is -inf.
Tensor row_losses(const Tensor& p, const Tensor& log_q) {
  Tensor y = Tensor::uninitialized({p.size(0)}, p.dtype());
  dispatch_floating(p.dtype(), "cross_entropy", [&](auto zero) {
    using T = decltype(zero);
    const T *p_data = p.data<T>(), *log_data = log_q.data<T>();
    T* y_data = y.mutable_data<T>();
    for_rows(p.shape(), [&, classes = p.size(1)](std::int64_t n, std::int64_t at) {
      double loss = 0;
      for (std::int64_t k = at; k < at + classes; ++k) {
        loss -= p_data[k] != 0 ? static_cast<double>(p_data[k]) * static_cast<double>(log_data[k]) : 0.0;
      }
      y_data[n] = static_cast<T>(loss);
    });
  });
  return y;
}

/// dz = dy (q sum_k p_k - p).
Tensor logits_gradient(const Tensor& p, const Tensor& log_q, const Tensor& dy) {
  Tensor dz = kernels::exp(log_q);
  dispatch_floating(p.dtype(), "cross_entropy", [&](auto zero) {
    using T = decltype(zero);
    const T *p_data = p.data<T>(), *dy_data = dy.data<T>();
    T* dz_data = dz.mutable_data<T>();
    for_rows(p.shape(), [&, classes = p.size(1)](std::int64_t n, std::int64_t at) {
      double mass = 0;
      for (std::int64_t k = at; k < at + classes; ++k) {
        mass += static_cast<double>(p_data[k]);
      }
      for (std::int64_t k = at; k < at + classes; ++k) {
        dz_data[k] = dy_data[n] * (dz_data[k] * static_cast<T>(mass) - p_data[k]);
      }
    });
  });
  return dz;
}

/// dp = -dy log_q; 0 where p = q = 0.
Tensor target_gradient(const Tensor& p, const Tensor& log_q, const Tensor& dy) {
  Tensor dp = Tensor::uninitialized(p.shape(), p.dtype());
  dispatch_floating(p.dtype(), "cross_entropy", [&](auto zero) {
    using T = decltype(zero);
    const T *p_data = p.data<T>(), *log_data = log_q.data<T>(), *dy_data = dy.data<T>();
    T* dp_data = dp.mutable_data<T>();
    for_rows(p.shape(), [&, classes = p.size(1)](std::int64_t n, std::int64_t at) {
      for (std::int64_t k = at; k < at + classes; ++k) {
        const bool both_zero = p_data[k] == 0 && log_data[k] == -std::numeric_limits<T>::infinity();
        dp_data[k] = both_zero ? T{0} : -dy_data[n] * log_data[k];
      }
    });
  });
  return dp;
}

/// -sum_k p_k log_q_k in ops. `q_positive`: where q > 0, as uint8; elsewhere log_q counts only if p > 0.
Variable row_losses_in_ops(const Variable& p, const Variable& log_q, const Tensor& q_positive) {
  const Tensor is_counted = kernels::maximum(kernels::greater(p.value(), 0.0), q_positive);
  return -sum(p * where(is_counted, log_q, Tensor::zeros(log_q.shape(), log_q.dtype())), {-1});
}

/// p: [N, K], class weights multiplied in; z: [N, K]; the result is [N].
Variable row_losses_of_logits(const Variable& p, const Variable& z) {
  const Tensor log_q = kernels::log_softmax(z.value());
  return fused(
      "cross_entropy_with_logits", {p, z}, row_losses(p.value(), log_q),
      [log_q = saved(log_q)](const Variables& in, const Tensor& dy, const std::vector<bool>& wanted) {
        return std::vector{wanted[0] ? target_gradient(in[0].value(), log_q.value(), dy) : Tensor(),
                           wanted[1] ? logits_gradient(in[0].value(), log_q.value(), dy) : Tensor()};
      },
      [](const Variables& in) {
        const Variable log_softmax_z = log_softmax(in[1]);
        const Tensor positive = kernels::greater(log_softmax_z.value(), -std::numeric_limits<double>::infinity());
        return row_losses_in_ops(in[0], log_softmax_z, positive);
      });
}

/// -sum_k p_k ln q_k. Where p and q are both 0, ln q is replaced by 0, with gradient 0.
Variable row_losses_of_probabilities(const Variable& p, const Variable& q) {
  const Tensor positive = kernels::greater(q.value(), 0.0);
  const Tensor is_counted = kernels::maximum(kernels::greater(p.value(), 0.0), positive);
  const Variable log_q = log(where(is_counted, q, Tensor::ones(q.shape(), q.dtype())));
  return -sum(p * log_q, {-1});
}

Variable row_losses_as_keras(const Variable& p, const Variable& q) {
  const Variable normalized = q / sum(q, {-1}, /*keepdim=*/true);
  return -sum(p * log(clamp(normalized, kKerasEpsilon, 1 - kKerasEpsilon)), {-1});
}

}  // namespace

Variable cross_entropy_with_logits(const Target& target, const Variable& logits, const CategoricalOptions& options) {
  const Rows rows = prepare("cross_entropy_with_logits", target, logits, Prediction::logits, options);
  return finish(rows, row_losses_of_logits(rows.weighted(rows.p), rows.prediction), options);
}

Variable cross_entropy_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const Rows rows =
      prepare("cross_entropy_with_probabilities", target, probabilities, Prediction::probabilities, options);
  const Variable p = rows.weighted(rows.p);
  return finish(rows,
                options.numerics == Numerics::keras ? row_losses_as_keras(p, rows.prediction)
                                                    : row_losses_of_probabilities(p, rows.prediction),
                options);
}

}  // namespace gibbs::losses
