#include "gibbs/losses/compat/keras.h"

#include <span>
#include <vector>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/binary_cross_entropy.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/detail/check_arguments.h"
#include "gibbs/losses/detail/rename_errors.h"
#include "gibbs/losses/focal.h"
#include "gibbs/losses/regression.h"
#include "gibbs/losses/target.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::losses::compat::keras {
namespace {

/// keras.config.epsilon(): probabilities are clipped to at least this.
constexpr double kEpsilon = 1e-7;

constexpr losses::Reduction kRows = losses::Reduction::none;

CategoricalOptions categorical_options(double label_smoothing) {
  return {.reduction = kRows, .label_smoothing = label_smoothing, .check_probabilities = false};
}

BinaryOptions binary_options(double label_smoothing) {
  return {.reduction = kRows, .label_smoothing = label_smoothing, .check_probabilities = false};
}

Variable clipped_to_epsilon(const Variable& q) { return clamp(q, kEpsilon, 1 - kEpsilon); }
Variable normalized_and_clipped(const Variable& q) { return clipped_to_epsilon(q / sum(q, {-1}, /*keepdim=*/true)); }

/// -sum_k p_k ln q_k.
Variable cross_entropy(const Target& target, const Variable& probabilities, const CategoricalOptions& options) {
  const Rows rows = prepare("cross_entropy", target, probabilities, Prediction::probabilities, options);
  return finish(rows, -sum(rows.p() * log(normalized_and_clipped(rows.prediction)), {-1}), options);
}

/// sum_k alpha_k p_k (1 - q_k)^gamma (-ln q_k).
Variable focal(const Target& target, const Variable& probabilities, double gamma, const Tensor& alpha,
               const CategoricalOptions& options) {
  const Rows rows = prepare("focal", target, probabilities, Prediction::probabilities, options);
  const Variable q = normalized_and_clipped(rows.prediction);
  return finish(rows, sum(rows.p() * alpha * pow(1.0 - q, gamma) * (0.0 - log(q)), {-1}), options);
}

/// The loss of rows of yes-or-no targets, made of terms(target), one per element.
template <class Terms>
Variable of_binary(const Variable& target, const Variable& probabilities, const BinaryOptions& options, Terms terms) {
  const BinaryTarget t = prepare_binary("binary", target, probabilities, /*probabilities=*/true, options);
  return finish_binary(t, terms(t), options);
}

/// -(p ln q + (1 - p) ln(1 - q)).
Variable binary_cross_entropy(const BinaryTarget& t) {
  const Variable q = clipped_to_epsilon(t.prediction);
  return 0.0 - (t.yes * log(q) + t.no * log(1.0 - q));
}

/// The same times (1 - p q - (1 - p)(1 - q))^gamma, one factor for both terms, in which q is not clipped.
Variable binary_focal(const BinaryTarget& t, double gamma) {
  const Variable& q = t.prediction;
  return focal_factor(1.0 - (t.p * q + (1.0 - t.p) * (1.0 - q)), gamma) * binary_cross_entropy(t);
}

/// The weights [N] of samples [...] in this dtype; undefined if they are.
Tensor checked_weights(const char* op, const Tensor& sample_weight, const Shape& samples, DType dtype) {
  if (!sample_weight.defined()) {
    return {};
  }
  check(sample_weight.shape() == samples, op, ": sample_weight is ", sample_weight.shape(), "; ", samples.numel(),
        " samples need shape ", samples);
  return kernels::cast(sample_weight, dtype).reshape({samples.numel()});
}

/// The losses [N] of samples, weighted and reduced; `counted` is the divisor of sum_over_batch_size.
Variable reduced(const Variable& losses, const Shape& samples, Reduction reduction, const Tensor& weights,
                 double counted) {
  const Variable weighted = weights.defined() ? losses * weights : losses;
  if (reduction == Reduction::none) {
    return reshape(weighted, samples);
  }
  return reduction == Reduction::sum ? sum(weighted) : sum(weighted) * (counted > 0 ? 1 / counted : 0);
}

/// What stands in for samples of weight 0: as a label, a prediction or a probability it is good for every loss.
constexpr double kHarmless = 1;

/// loss(y_true, y_pred) of rows [N, K] to [N], applied to [..., K].
template <class Loss>
Variable of_samples(const char* op, const Variable& y_true, const Variable& y_pred, Reduction reduction,
                    const Tensor& sample_weight, Loss loss) {
  check_elementwise(op, y_true, y_pred);
  const Shape samples = y_pred.shape().sub(0, y_pred.rank() - 1);
  const Shape rows = {samples.numel(), y_pred.size(-1)};
  const Tensor weights = checked_weights(op, sample_weight, samples, y_pred.dtype());
  const auto seen = [&](const Variable& x) { return without_masked_rows(reshape(x, rows), weights, kHarmless); };
  const Variable losses = rename_errors(op, [&] { return loss(seen(y_true), seen(y_pred)); });
  return reduced(losses, samples, reduction, weights, static_cast<double>(samples.numel()));
}

/// Labels that are all 0 or 1 become -1 and 1; others stay as they are.
Variable hinge_labels(const Variable& y) {
  const Tensor is_binary = kernels::maximum(kernels::equal(y.value(), 0.0), kernels::equal(y.value(), 1.0));
  return kernels::min(is_binary).item() == 1 ? y * 2.0 - 1.0 : y;
}

}  // namespace

Variable categorical_crossentropy(const Variable& y_true, const Variable& y_pred, const CrossentropyOptions& options) {
  const CategoricalOptions rows = categorical_options(options.label_smoothing);
  return of_samples("categorical_crossentropy", y_true, y_pred, options.reduction, options.sample_weight,
                    [&](const Variable& p, const Variable& q) {
                      return options.from_logits ? cross_entropy_with_logits(p, q, rows) : cross_entropy(p, q, rows);
                    });
}

Variable binary_crossentropy(const Variable& y_true, const Variable& y_pred, const CrossentropyOptions& options) {
  const BinaryOptions rows = binary_options(options.label_smoothing);
  return of_samples("binary_crossentropy", y_true, y_pred, options.reduction, options.sample_weight,
                    [&](const Variable& p, const Variable& q) {
                      return options.from_logits ? binary_cross_entropy_with_logits(p, q, rows)
                                                 : of_binary(p, q, rows, binary_cross_entropy);
                    });
}

Variable sparse_categorical_crossentropy(const Tensor& y_true, const Variable& y_pred, const SparseOptions& options) {
  const char* op = "sparse_categorical_crossentropy";
  check(y_pred.rank() >= 1 && y_pred.numel() > 0, op,
        ": the predictions must be [..., K], not empty: ", y_pred.shape());
  const Shape samples = y_pred.shape().sub(0, y_pred.rank() - 1);
  check(y_true.dtype() == DType::int64 && y_true.shape() == samples, op, ": the target is ", y_true.dtype(), " ",
        y_true.shape(), ", the predictions ", y_pred.shape(), "; class indices are int64 ", samples);
  CategoricalOptions rows = categorical_options(/*label_smoothing=*/0);
  rows.ignore_index = options.ignore_class;
  const Tensor weights = checked_weights(op, options.sample_weight, samples, y_pred.dtype());
  const std::vector<double> w = weights.defined() ? weights.to_vector() : std::vector<double>(samples.numel(), 1);
  Tensor indices = y_true.reshape({samples.numel()}).clone();
  std::int64_t counted = 0, n = 0;
  for (std::int64_t& label : std::span(indices.mutable_data<std::int64_t>(), w.size())) {
    const bool weightless = w[static_cast<std::size_t>(n)] == 0;
    if (label != options.ignore_class) {
      check(weightless || (0 <= label && label < y_pred.size(-1)), op, ": sample ", n, " is of class ", label,
            ", outside [0, ", y_pred.size(-1), "); samples to leave out need .ignore_class");
      ++counted;
      label = weightless ? 0 : label;
    }
    ++n;
  }
  const Variable losses = rename_errors(op, [&] {
    const Variable predictions =
        without_masked_rows(reshape(y_pred, {samples.numel(), y_pred.size(-1)}), weights, kHarmless);
    return options.from_logits ? cross_entropy_with_logits(indices, predictions, rows)
                               : cross_entropy(indices, predictions, rows);
  });
  return reduced(losses, samples, options.reduction, weights, static_cast<double>(counted));
}

Variable categorical_focal_crossentropy(const Variable& y_true, const Variable& y_pred,
                                        const CategoricalFocalOptions& options) {
  const char* op = "categorical_focal_crossentropy";
  check_gamma(op, options.gamma);
  const Tensor given = options.alpha.defined() ? options.alpha : Tensor::full({}, .25);
  return of_samples(op, y_true, y_pred, options.reduction, options.sample_weight,
                    [&](const Variable& p, const Variable& x) {
                      const Variable q = options.from_logits ? softmax(x) : x;
                      const Tensor alpha = checked_alpha(op, given, q.size(-1), q.dtype());
                      return focal(p, q, options.gamma, alpha, categorical_options(options.label_smoothing));
                    });
}

Variable binary_focal_crossentropy(const Variable& y_true, const Variable& y_pred, const BinaryFocalOptions& options) {
  const char* op = "binary_focal_crossentropy";
  check_gamma(op, options.gamma);
  check_alpha(op, options.alpha);
  const auto terms = [&options](const BinaryTarget& t) {
    const double a = options.alpha;
    const Variable elements = binary_focal(t, options.gamma);
    return options.apply_class_balancing ? elements * (t.p * a + (1.0 - t.p) * (1 - a)) : elements;
  };
  return of_samples(op, y_true, y_pred, options.reduction, options.sample_weight,
                    [&](const Variable& p, const Variable& x) {
                      const Variable q = options.from_logits ? sigmoid(x) : x;
                      return of_binary(p, q, binary_options(options.label_smoothing), terms);
                    });
}

Variable kl_divergence(const Variable& y_true, const Variable& y_pred, const Options& options) {
  return of_samples("kl_divergence", y_true, y_pred, options.reduction, options.sample_weight,
                    [](const Variable& given, const Variable& predicted) {
                      const Variable p = clamp(given, kEpsilon, 1), q = clamp(predicted, kEpsilon, 1);
                      return sum(p * log(p / q), {-1});
                    });
}

Variable mean_squared_error(const Variable& y_true, const Variable& y_pred, const Options& options) {
  return of_samples(
      "mean_squared_error", y_true, y_pred, options.reduction, options.sample_weight,
      [](const Variable& t, const Variable& x) { return losses::mean_squared_error(t, x, {.reduction = kRows}); });
}

Variable mean_absolute_error(const Variable& y_true, const Variable& y_pred, const Options& options) {
  return of_samples(
      "mean_absolute_error", y_true, y_pred, options.reduction, options.sample_weight,
      [](const Variable& t, const Variable& x) { return losses::mean_absolute_error(t, x, {.reduction = kRows}); });
}

Variable huber(const Variable& y_true, const Variable& y_pred, double delta, const Options& options) {
  return of_samples("huber", y_true, y_pred, options.reduction, options.sample_weight,
                    [delta](const Variable& t, const Variable& x) {
                      return losses::huber(t, x, {.delta = delta, .reduction = kRows});
                    });
}

Variable hinge(const Variable& y_true, const Variable& y_pred, const Options& options) {
  return of_samples("hinge", y_true, y_pred, options.reduction, options.sample_weight,
                    [](const Variable& y, const Variable& z) { return row_means(relu(1.0 - hinge_labels(y) * z)); });
}

Variable squared_hinge(const Variable& y_true, const Variable& y_pred, const Options& options) {
  return of_samples(
      "squared_hinge", y_true, y_pred, options.reduction, options.sample_weight,
      [](const Variable& y, const Variable& z) { return row_means(square(relu(1.0 - hinge_labels(y) * z))); });
}

Variable categorical_hinge(const Variable& y_true, const Variable& y_pred, const Options& options) {
  return of_samples(
      "categorical_hinge", y_true, y_pred, options.reduction, options.sample_weight,
      [](const Variable& y, const Variable& z) { return relu(max((1.0 - y) * z, {1}) - sum(y * z, {1}) + 1.0); });
}

}  // namespace gibbs::losses::compat::keras
