// -sum p log q by hand on logits: one pass over them for the values, one for the gradient, with sums in double; nothing
// but the logits is kept in between. The same in ops is the reference for higher derivatives and for targets that are
// differentiated; the form on probabilities is not hot and is written in ops.
#include "gibbs/losses/cross_entropy.h"

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
#include "gibbs/tensor/kernels/softmax_groups.h"

namespace gibbs::losses {
namespace {

/// sum_k c_k (log_total - shifted_k), the loss of each row; a class with c = 0 adds nothing, even where its logit is
/// -inf. c: [K, L].
template <class T, int L>
void write_row_losses(const kernels::SoftmaxGroup<T, L>& group, const T* c, T* y) {
  double loss[L] = {};
  for (std::int64_t k = 0; k < group.classes; ++k) {
    for (int i = 0; i < L; ++i) {
      const auto ck = static_cast<double>(c[k * L + i]);
      const double minus_log_q = group.log_total[i] - static_cast<double>(group.shifted[k * L + i]);
      loss[i] += ck != 0 ? ck * minus_log_q : 0.0;
    }
  }
  for (std::int64_t i = 0; i < group.rows; ++i) {
    y[group.first + i] = static_cast<T>(loss[i]);
  }
}

/// dz = dy (softmax(z) sum_k c_k - c). c and turned: [K, L].
template <class T, int L>
void write_gradient(const kernels::SoftmaxGroup<T, L>& group, const T* c, const T* dy, T* turned, T* dz) {
  double scale[L] = {};
  T row_dy[L];
  for (std::int64_t k = 0; k < group.classes; ++k) {
    for (int i = 0; i < L; ++i) {
      scale[i] += static_cast<double>(c[k * L + i]);
    }
  }
  for (std::int64_t i = 0; i < L; ++i) {
    scale[i] /= group.total[i];
    row_dy[i] = dy[group.first + std::min(i, group.rows - 1)];
  }
  for (std::int64_t k = 0; k < group.classes; ++k) {
    for (int i = 0; i < L; ++i) {
      const T q = static_cast<T>(scale[i] * static_cast<double>(group.exponential[k * L + i]));
      turned[k * L + i] = row_dy[i] * (q - c[k * L + i]);
    }
  }
  kernels::turn_back<L>(turned, group.rows, group.classes, dz + group.first * group.classes);
}

Tensor row_losses(const Tensor& z, const Coefficients& coefficients) {
  Tensor y = Tensor::uninitialized({z.size(0)}, z.dtype());
  dispatch_floating(z.dtype(), "cross_entropy", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> rows(coefficients);
    T* y_data = y.mutable_data<T>();
    kernels::for_softmax_groups<T>(z, [&]<int L>(const kernels::SoftmaxGroup<T, L>& group) {
      Scratch<T> c(L * group.classes);
      rows.template read<L>(group.first, group.rows, c.data());
      write_row_losses(group, c.data(), y_data);
    });
  });
  return y;
}

Tensor logits_gradient(const Tensor& z, const Coefficients& coefficients, const Tensor& dy) {
  Tensor dz = Tensor::uninitialized(z.shape(), z.dtype());
  dispatch_floating(z.dtype(), "cross_entropy", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> rows(coefficients);
    const T* dy_data = dy.data<T>();
    T* dz_data = dz.mutable_data<T>();
    kernels::for_softmax_groups<T>(z, [&]<int L>(const kernels::SoftmaxGroup<T, L>& group) {
      Scratch<T> c(L * group.classes), turned(L * group.classes);
      rows.template read<L>(group.first, group.rows, c.data());
      write_gradient(group, c.data(), dy_data, turned.data(), dz_data);
    });
  });
  return dz;
}

/// -sum_k p_k log_q_k in ops. `q_positive`: where q > 0, as uint8; elsewhere log_q counts only if p > 0.
Variable row_losses_in_ops(const Variable& p, const Variable& log_q, const Tensor& q_positive) {
  const Tensor is_counted = kernels::maximum(kernels::greater(p.value(), 0.0), q_positive);
  return -sum(p * where(is_counted, log_q, Tensor::zeros(log_q.shape(), log_q.dtype())), {-1});
}

/// The rows' losses in ops.
Variable reference(const Rows& rows, const Variable& z) {
  const Variable log_softmax_z = log_softmax(z);
  const Tensor positive = kernels::greater(log_softmax_z.value(), -std::numeric_limits<double>::infinity());
  return row_losses_in_ops(rows.weighted(rows.p()), log_softmax_z, positive);
}

/// [M]. The kernels serve constant targets; a target that is differentiated goes through the ops.
Variable row_losses_of_logits(const Rows& rows) {
  if (rows.target_is_traced()) {
    return reference(rows, rows.prediction);
  }
  const Coefficients c = rows.coefficients();
  return fused(
      "cross_entropy_with_logits", {rows.prediction}, row_losses(rows.prediction.value(), c),
      [c](const Variables& in, const Tensor& dy, const std::vector<bool>&) {
        return std::vector{logits_gradient(in[0].value(), c, dy)};
      },
      [rows](const Variables& in) { return reference(rows, in[0]); });
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
  return finish(rows, row_losses_of_logits(rows), options);
}

Variable cross_entropy_with_probabilities(const Target& target, const Variable& probabilities,
                                          const CategoricalOptions& options) {
  const Rows rows =
      prepare("cross_entropy_with_probabilities", target, probabilities, Prediction::probabilities, options);
  const Variable p = rows.weighted(rows.p());
  return finish(rows,
                options.numerics == Numerics::keras ? row_losses_as_keras(p, rows.prediction)
                                                    : row_losses_of_probabilities(p, rows.prediction),
                options);
}

}  // namespace gibbs::losses
