#include "gibbs/losses/compat/torch.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/binary.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/detail/rename_errors.h"
#include "gibbs/losses/regression.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses::compat::torch {
namespace {

/// The least that PyTorch divides the gradient of binary_cross_entropy by: a float, whatever the dtype.
constexpr double kSmallestDivisor = 1e-12F;
constexpr double kSmallestLogarithm = -100;

Variable reduced(const Variable& elements, Reduction reduction) {
  switch (reduction) {
    case Reduction::sum:
      return sum(elements);
    case Reduction::mean:
      return mean(elements);
    default:
      return elements;
  }
}

/// A loss of the library's as PyTorch has it, per element: that of a vector, whose rows are elements.
template <class Loss>
Variable of_elements(const char* op, const Variable& input, const Variable& target, Loss loss) {
  check_elementwise(op, target, input);
  const Shape vector = {input.numel()};
  return reshape(loss(reshape(target, vector), reshape(input, vector)), input.shape());
}

Variable huber_elements(const char* op, const Variable& input, const Variable& target, double delta) {
  const auto loss = [delta](const Variable& t, const Variable& x) {
    return huber(t, x, {.delta = delta, .reduction = losses::Reduction::none});
  };
  return rename_errors(op, [&] { return of_elements(op, input, target, loss); });
}

/// Huber's loss / beta: c / beta (d - c / 2), d = input - target and c = d limited to [-beta, beta], in which nothing
/// overflows or underflows that the loss does not.   dd = dy d / beta limited to [-1, 1].
Variable smooth_elements(const Variable& input, const Variable& target, double beta) {
  check_elementwise("smooth_l1_loss", target, input);
  const Variable d = input - target;
  const Tensor c = kernels::clamp(d.value(), -beta, beta);
  return record("smooth_l1_loss", kernels::div(c, beta) * (d.value() - c * .5),
                wrt(d, [d, beta](const Variable& dy) { return dy * clamp(d / beta, -1, 1); }));
}

/// A weight that broadcasts to x, in its dtype; undefined if it is.
Tensor checked_weight(const char* op, const char* name, const Variable& x, const Tensor& w) {
  if (!w.defined()) {
    return w;
  }
  check(broadcast_shapes(x.shape(), w.shape(), op) == x.shape(), op, ": ", name, " is ", w.shape(),
        "; it must broadcast to the input, ", x.shape());
  return w.dtype() == x.dtype() ? w : kernels::cast(w, x.dtype());
}

/// w loss(input, target) per element, reduced; elements of weight 0 are not looked at.
template <class Loss>
Variable weighted(const char* op, const Variable& input, const Variable& target, const Tensor& weight,
                  Reduction reduction, Loss loss) {
  check_elementwise(op, target, input);
  const Tensor w = checked_weight(op, "weight", input, weight);
  if (!w.defined()) {
    return reduced(loss(input, target), reduction);
  }
  const Tensor counts = kernels::not_equal(w, Tensor::zeros({}, w.dtype()));
  return reduced(loss(where_or(counts, input, .5), where_or(counts, target, .5)) * w, reduction);
}

/// max(ln x, -100), where it is -100 a constant: ln x has no derivatives at 0 that a zero could be multiplied with.
Variable bounded_log(const Variable& x) {
  const Tensor below = kernels::less_equal(kernels::log(x.value()), kSmallestLogarithm);
  return where(below, Tensor::full({}, kSmallestLogarithm, x.dtype()),
               log(where(below, Tensor::ones({}, x.dtype()), x)));
}

/// -(t ln x + (1 - t) ln(1 - x)) with logarithms of at least -100.   dx = dy (x - t) / max(x (1 - x), 1e-12).
Variable binary_terms(const Variable& x, const Variable& t) {
  const auto value = [](const Variable& input, const Variable& target) {
    return (target - 1.0) * bounded_log(1.0 - input) - target * bounded_log(input);
  };
  return record("binary_cross_entropy", value(x.value(), t.value()).value(),  //
                wrt(x,
                    [x, t](const Variable& dy) {
                      const Tensor least = Tensor::full({}, kSmallestDivisor, x.dtype());
                      return dy * (x - t) / maximum(x * (1.0 - x), least);
                    }),
                wrt(t, [x](const Variable& dy) { return dy * (bounded_log(1.0 - x) - bounded_log(x)); }));
}

}  // namespace

Variable cross_entropy(const Variable& input, const Target& target, const CrossEntropyOptions& options) {
  CategoricalOptions exact = {.reduction = losses::Reduction::none,
                              .label_smoothing = options.label_smoothing,
                              .class_weights = options.weight,
                              .check_probabilities = false};
  if (target.is_indices()) {
    exact.ignore_index = options.ignore_index;
  }
  const char* op = "cross_entropy";
  check(input.rank() == 2, op, ": input must be [N, C], not ", input.shape(),
        "; of [N, C, ...], move C to the end and reshape the rest into one axis");
  if (const Tensor& w = options.weight; w.defined()) {
    check(w.shape() == Shape{input.size(1)}, op, ": weight is ", w.shape(), "; ", input.size(1),
          " classes need shape [", input.size(1), "]");
  }
  const Variable rows = rename_errors(op, [&] { return cross_entropy_with_logits(target, input, exact); });
  if (!target.is_indices() || options.reduction != Reduction::mean) {
    return reduced(rows, options.reduction);
  }
  double divisor = 0;
  const Tensor& y = target.value().value();
  for (std::int64_t n = 0; n < y.numel(); ++n) {
    const std::int64_t label = y.data<std::int64_t>()[n];
    if (label != options.ignore_index) {
      divisor += options.weight.defined() ? options.weight.at({label}) : 1;
    }
  }
  return sum(rows) * (divisor > 0 ? 1 / divisor : 0);
}

Variable kl_div(const Variable& input, const Variable& target, const KlDivOptions& options) {
  check_elementwise("kl_div", target, input);
  const Variable p = options.log_target ? exp(target) : target;
  const Variable log_p = options.log_target ? target : log_of_positive(p);
  Variable elements =
      options.log_target ? weighted_terms(p, log_p - input) : weighted_terms(p, log_p) - weighted_terms(p, input);
  switch (options.reduction) {
    case KlReduction::none:
      return elements;
    case KlReduction::mean:
      return mean(elements);
    case KlReduction::batchmean:
      return sum(elements) / static_cast<double>(input.size(0));
    default:
      return sum(elements);
  }
}

Variable binary_cross_entropy(const Variable& input, const Variable& target, const BinaryCrossEntropyOptions& options) {
  return weighted("binary_cross_entropy", input, target, options.weight, options.reduction, binary_terms);
}

Variable binary_cross_entropy_with_logits(const Variable& input, const Variable& target,
                                          const BinaryCrossEntropyWithLogitsOptions& options) {
  const char* op = "binary_cross_entropy_with_logits";
  // (1 - t) z - (1 + (pos_weight - 1) t) ln sigmoid(z) = -(pos_weight t ln sigmoid(z) + (1 - t) ln sigmoid(-z))
  const auto terms = [&](const Variable& z, const Variable& t) {
    const Tensor w = checked_weight(op, "pos_weight", z, options.pos_weight);
    return logistic_terms(w.defined() ? t * w : t, 1.0 - t, z);
  };
  return weighted(op, input, target, options.weight, options.reduction, terms);
}

Variable l1_loss(const Variable& input, const Variable& target, Reduction reduction) {
  const auto loss = [](const Variable& t, const Variable& x) {
    return mean_absolute_error(t, x, {.reduction = losses::Reduction::none});
  };
  return reduced(of_elements("l1_loss", input, target, loss), reduction);
}

Variable mse_loss(const Variable& input, const Variable& target, Reduction reduction) {
  const auto loss = [](const Variable& t, const Variable& x) {
    return mean_squared_error(t, x, {.reduction = losses::Reduction::none});
  };
  return reduced(of_elements("mse_loss", input, target, loss), reduction);
}

Variable huber_loss(const Variable& input, const Variable& target, Reduction reduction, double delta) {
  return reduced(huber_elements("huber_loss", input, target, delta), reduction);
}

Variable smooth_l1_loss(const Variable& input, const Variable& target, Reduction reduction, double beta) {
  check(beta >= 0, "smooth_l1_loss: beta is ", beta, "; it is a distance, at least 0");
  return beta == 0 ? l1_loss(input, target, reduction) : reduced(smooth_elements(input, target, beta), reduction);
}

}  // namespace gibbs::losses::compat::torch
