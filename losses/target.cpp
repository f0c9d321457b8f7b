#include "gibbs/losses/target.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/indexing.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/detail/check_arguments.h"
#include "gibbs/losses/measures/distribution.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/tensor/kernels/rows/labels.h"

namespace gibbs::losses {
namespace {

const char* name_of(Prediction kind) { return kind == Prediction::logits ? "logits" : "probabilities"; }

/// The shape of the rows of x [..., K]: that of its leading axes.
Shape rows_of(const Variable& x) { return x.shape().sub(0, x.rank() - 1); }

void check_shapes(const char* op, const Target& target, const Variable& prediction, Prediction kind) {
  const char* name = name_of(kind);
  check(prediction.rank() >= 2, op, ": ", name, " must be [N, K] or [N, ..., K], not ", prediction.shape(),
        "; classes are the last axis");
  check(is_floating(prediction.dtype()), op, ": ", name, " must be float32 or float64, not ", prediction.dtype());
  const Shape shape = rows_of(prediction);
  check(shape.numel() > 0, op, ": the batch is empty: ", name, " are ", prediction.shape());
  check(prediction.size(-1) > 0, op, ": there are no classes: ", name, " are ", prediction.shape());
  const Variable& value = target.value();
  check(target.is_indices() || is_floating(value.dtype()), op, ": the target is ", value.dtype(),
        "; class indices are int64, distributions have the dtype of the prediction; convert with cast");
  check(value.shape() == (target.is_indices() ? shape : prediction.shape()), op, ": the target is ", value.dtype(), " ",
        value.shape(), ", the ", name, " ", prediction.shape(), "; class indices are int64 ", shape,
        ", distributions float ", prediction.shape());
  check(target.is_indices() || value.dtype() == prediction.dtype(), op, ": dtypes differ: the target is ",
        value.dtype(), ", the ", name, " ", prediction.dtype(), "; convert one with cast");
}

/// Row numbers whose weight is not 0: nothing in the others is looked at.
std::vector<std::int64_t> rows_with_weight(std::int64_t rows, const Tensor& sample_weights) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(rows));
  std::iota(numbers.begin(), numbers.end(), 0);
  if (sample_weights.defined()) {
    const std::vector<double> w = sample_weights.to_vector();
    std::erase_if(numbers, [&w](std::int64_t n) { return w[static_cast<std::size_t>(n)] == 0; });
  }
  return numbers;
}

/// Those of `rows` whose class index is not ignored.
std::vector<std::int64_t> kept_indices(const char* op, const Tensor& indices, const std::vector<std::int64_t>& rows,
                                       std::int64_t classes, const std::optional<std::int64_t>& ignore_index) {
  std::vector<std::int64_t> kept;
  kept.reserve(rows.size());
  const auto* y = indices.data<std::int64_t>();
  for (const std::int64_t n : rows) {
    if (y[n] != ignore_index) {
      check(0 <= y[n] && y[n] < classes, op, ": target row ", n, " is class ", y[n], ", outside [0, ", classes,
            "); rows to leave out need .ignore_index");
      kept.push_back(n);
    }
  }
  return kept;
}

/// True when row [K] is what one_hot(ignore_index) would be.
template <class T>
bool is_one_hot_of(const T* row, std::int64_t classes, std::int64_t index) {
  for (std::int64_t k = 0; k < classes; ++k) {
    if (row[k] != static_cast<T>(k == index ? 1 : 0)) {
      return false;
    }
  }
  return true;
}

/// Those of `rows` whose distribution is not ignored, each checked.
std::vector<std::int64_t> kept_distributions(const char* op, const Tensor& p, const std::vector<std::int64_t>& rows,
                                             const CategoricalOptions& options) {
  const std::int64_t classes = p.size(1);
  const DistributionRule rule = {"target", options.normalize_target, /*nan_is_wrong=*/true,
                                 "normalise it, or pass .normalize_target = true"};
  std::vector<std::int64_t> kept;
  kept.reserve(rows.size());
  dispatch_floating(p.dtype(), op, [&](auto zero) {
    const auto* first = p.data<decltype(zero)>();
    for (const std::int64_t n : rows) {
      const auto* row = first + n * classes;
      if (options.ignore_index && is_one_hot_of(row, classes, *options.ignore_index)) {
        continue;
      }
      if (options.check_probabilities) {
        check_distribution(op, row, n, classes, rule);
      }
      kept.push_back(n);
    }
  });
  return kept;
}

/// Leaves the rows that are not in `kept` out of everything.
void leave_out(Rows& rows, const std::vector<std::int64_t>& kept) {
  const auto kept_rows = static_cast<std::int64_t>(kept.size());
  if (kept_rows == rows.prediction.size(0)) {
    return;
  }
  const Tensor index = Tensor::from(kept, {kept_rows});
  rows.kept = rows.kept.defined() ? kernels::take_rows(rows.kept, index) : index;
  rows.prediction = take_rows(rows.prediction, index);
  if (rows.indices.defined()) {
    rows.indices = kernels::take_rows(rows.indices.value(), index);
  } else {
    rows.distributions = take_rows(rows.distributions, index);
  }
  if (rows.sample_weights.defined()) {
    rows.sample_weights = kernels::take_rows(rows.sample_weights, index);
  }
}

/// What each row counts in the mean [M]; undefined where all count once.
Variable weights_of(const Rows& rows) {
  Variable of_classes = rows.class_weights.defined() ? sum(rows.weighted(rows.p()), {-1}) : Variable();
  if (!rows.sample_weights.defined()) {
    return of_classes;
  }
  return of_classes.defined() ? of_classes * rows.sample_weights : Variable(rows.sample_weights);
}

}  // namespace

Variable Rows::p() const {
  if (distributions.defined()) {
    return distributions;
  }
  return smoothed(kernels::one_hot(indices.value(), prediction.size(1), prediction.dtype()));
}

Variable Rows::smoothed(const Variable& p) const {
  const double s = label_smoothing;
  return s > 0 ? p * (1 - s) + s / static_cast<double>(p.size(-1)) : p;
}

Variable Rows::weighted(const Variable& x) const { return class_weights.defined() ? x * class_weights : x; }

Rows prepare(const char* op, const Target& target, const Variable& prediction, Prediction kind,
             const CategoricalOptions& options) {
  check_shapes(op, target, prediction, kind);
  check_label_smoothing(op, options.label_smoothing);
  const Shape shape = rows_of(prediction);
  const std::int64_t n = shape.numel(), classes = prediction.size(-1);
  const DType dtype = prediction.dtype();
  const Tensor weights = checked_weights(op, "sample_weights", options.sample_weights, shape, "rows", dtype);
  Rows rows{.distributions = target.is_indices() ? Variable() : reshape(target.value(), {n, classes}),
            .indices = target.is_indices() ? reshape(target.value(), {n}) : Variable(),
            .label_smoothing = options.label_smoothing,
            .prediction = reshape(prediction, {n, classes}),
            .class_weights = checked_weights(op, "class_weights", options.class_weights, {classes}, "classes", dtype),
            .sample_weights = weights.defined() ? weights.reshape({n}) : weights,
            .kept = {},
            .shape = shape};

  if (!target.is_indices() || rows.sample_weights.defined() ||
      !kernels::rows::all_are_classes(rows.indices.value(), classes, options.ignore_index.value_or(-1))) {
    const std::vector<std::int64_t> weighing = rows_with_weight(n, rows.sample_weights);
    leave_out(rows, target.is_indices()
                        ? kept_indices(op, rows.indices.value(), weighing, classes, options.ignore_index)
                        : kept_distributions(op, rows.distributions.value(), weighing, options));
  }
  if (kind == Prediction::probabilities && options.check_probabilities) {
    check_distributions(op, rows.prediction.value(),
                        {.what = "probabilities",
                         .nan_is_wrong = false,
                         .repair = "logits have a function of their own, ..._with_logits"});
  }
  if (rows.distributions.defined()) {
    rows.distributions = rows.smoothed(options.normalize_target ? normalized(rows.distributions) : rows.distributions);
  }
  return rows;
}

Rows without_weightless(Rows rows, const Tensor& c) {
  if (c.numel() == 0) {
    return rows;
  }
  const std::vector<double> largest = kernels::max(c, {-1}).to_vector();
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < largest.size(); ++i) {
    if (largest[i] > 0) {
      kept.push_back(static_cast<std::int64_t>(i));
    }
  }
  leave_out(rows, kept);
  return rows;
}

Rows without_weightless(const Rows& rows) {
  const bool any_zero = rows.class_weights.defined() && kernels::min(rows.class_weights).item() == 0;
  return any_zero ? without_weightless(rows, rows.weighted(rows.p()).value()) : rows;
}

Variable without_masked_rows(const Variable& x, const Tensor& sample_weights, double number) {
  check_terms("without_masked_rows", x);
  if (!sample_weights.defined()) {
    return x;
  }
  const int leading = sample_weights.rank();
  check(x.rank() >= leading && sample_weights.shape() == x.shape().sub(0, leading), "without_masked_rows: x is ",
        x.shape(), ", its weights ", sample_weights.shape(), "; every row has one");
  if (sample_weights.numel() == 0 || kernels::min(kernels::abs(sample_weights)).item() > 0) {
    return x;
  }
  Shape column = x.shape();
  for (int axis = leading; axis < column.rank(); ++axis) {
    column.set(axis, 1);
  }
  const Tensor counts = kernels::not_equal(sample_weights, Tensor::zeros({}, sample_weights.dtype()));
  return where_or(counts.reshape(column), x, number);
}

Variable finish(const Rows& rows, const Variable& row_losses, const CategoricalOptions& options) {
  const Variable losses = rows.sample_weights.defined() ? row_losses * rows.sample_weights : row_losses;
  if (options.reduction == Reduction::none) {
    const Variable all = rows.kept.defined() ? add_rows(rows.shape.numel(), rows.kept, losses) : losses;
    return in_base(reshape(all, rows.shape), options.base);
  }
  const Variable weights = options.reduction == Reduction::mean ? weights_of(rows) : Variable();
  return in_base(reduce(losses, weights, options.reduction), options.base);
}

double divisor(const Rows& rows) {
  const Variable weights = weights_of(rows);
  return weights.defined() ? sum(weights).value().item() : static_cast<double>(rows.prediction.size(0));
}

double divisor(const Target& target, const Variable& prediction, const CategoricalOptions& options) {
  const bool every_row_counts_once =
      !options.class_weights.defined() && !options.sample_weights.defined() && !options.ignore_index;
  const bool is_soft = !target.is_indices() && target.value().shape() == prediction.shape();
  if (every_row_counts_once && is_soft && prediction.numel() > 0) {  // no row of [..., K] need be looked at
    const std::int64_t rows = prediction.numel() / prediction.size(-1);
    return static_cast<double>(rows);
  }
  return divisor(prepare("divisor", target.value().value(), prediction.value(), Prediction::logits, options));
}

}  // namespace gibbs::losses
