#include "gibbs/losses/compat/keras.h"

#include <span>
#include <vector>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/binary_cross_entropy.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/detail/rename_errors.h"
#include "gibbs/losses/focal.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/losses/regression.h"
#include "gibbs/losses/target.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::losses::compat::keras {
namespace {

constexpr losses::Reduction kRows = losses::Reduction::none;

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
  const CategoricalOptions rows = {
      .reduction = kRows, .label_smoothing = options.label_smoothing, .numerics = Numerics::keras};
  return of_samples("categorical_crossentropy", y_true, y_pred, options.reduction, options.sample_weight,
                    [&](const Variable& p, const Variable& q) {
                      return options.from_logits ? cross_entropy_with_logits(p, q, rows)
                                                 : cross_entropy_with_probabilities(p, q, rows);
                    });
}

Variable binary_crossentropy(const Variable& y_true, const Variable& y_pred, const CrossentropyOptions& options) {
  const BinaryOptions rows = {
      .reduction = kRows, .label_smoothing = options.label_smoothing, .numerics = Numerics::keras};
  return of_samples("binary_crossentropy", y_true, y_pred, options.reduction, options.sample_weight,
                    [&](const Variable& p, const Variable& q) {
                      return options.from_logits ? binary_cross_entropy_with_logits(p, q, rows)
                                                 : binary_cross_entropy_with_probabilities(p, q, rows);
                    });
}

Variable sparse_categorical_crossentropy(const Tensor& y_true, const Variable& y_pred, const SparseOptions& options) {
  const char* op = "sparse_categorical_crossentropy";
  check(y_pred.rank() >= 1 && y_pred.numel() > 0, op,
        ": the predictions must be [..., K], not empty: ", y_pred.shape());
  const Shape samples = y_pred.shape().sub(0, y_pred.rank() - 1);
  check(y_true.dtype() == DType::int64 && y_true.shape() == samples, op, ": the target is ", y_true.dtype(), " ",
        y_true.shape(), ", the predictions ", y_pred.shape(), "; class indices are int64 ", samples);
  const CategoricalOptions rows = {
      .reduction = kRows, .ignore_index = options.ignore_class, .numerics = Numerics::keras};
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
                               : cross_entropy_with_probabilities(indices, predictions, rows);
  });
  return reduced(losses, samples, options.reduction, weights, static_cast<double>(counted));
}

Variable categorical_focal_crossentropy(const Variable& y_true, const Variable& y_pred,
                                        const CategoricalFocalOptions& options) {
  const losses::CategoricalFocalOptions focal = {
      .gamma = options.gamma, .alpha = options.alpha.defined() ? options.alpha : Tensor::full({}, .25, y_pred.dtype())};
  const CategoricalOptions rows = {
      .reduction = kRows, .label_smoothing = options.label_smoothing, .numerics = Numerics::keras};
  return of_samples("categorical_focal_crossentropy", y_true, y_pred, options.reduction, options.sample_weight,
                    [&](const Variable& p, const Variable& q) {
                      return options.from_logits ? categorical_focal_loss_with_logits(p, q, focal, rows)
                                                 : categorical_focal_loss_with_probabilities(p, q, focal, rows);
                    });
}

Variable binary_focal_crossentropy(const Variable& y_true, const Variable& y_pred, const BinaryFocalOptions& options) {
  losses::BinaryFocalOptions focal = {.gamma = options.gamma};
  if (options.apply_class_balancing) {
    focal.alpha = options.alpha;
  }
  const BinaryOptions rows = {
      .reduction = kRows, .label_smoothing = options.label_smoothing, .numerics = Numerics::keras};
  return of_samples("binary_focal_crossentropy", y_true, y_pred, options.reduction, options.sample_weight,
                    [&](const Variable& p, const Variable& q) {
                      return options.from_logits ? binary_focal_loss_with_logits(p, q, focal, rows)
                                                 : binary_focal_loss_with_probabilities(p, q, focal, rows);
                    });
}

Variable kl_divergence(const Variable& y_true, const Variable& y_pred, const Options& options) {
  return of_samples("kl_divergence", y_true, y_pred, options.reduction, options.sample_weight,
                    [](const Variable& p, const Variable& q) {
                      return kl_divergence_with_probabilities(p, q, {.reduction = kRows, .numerics = Numerics::keras});
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
