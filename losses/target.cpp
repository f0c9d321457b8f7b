#include "gibbs/losses/target.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/distribution.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

const char* name_of(Prediction kind) { return kind == Prediction::logits ? "logits" : "probabilities"; }

/// y[i, ...] = source[i, ...] at row index[i] of `rows` rows, zeros elsewhere: the adjoint of take_rows.
Tensor place_rows(const Tensor& source, const Tensor& index, std::int64_t rows) {
  Shape shape = source.shape();
  shape.set(0, rows);
  Tensor y = Tensor::zeros(shape, source.dtype());
  const std::int64_t row_size = shape.sub(1, shape.rank()).numel();
  const std::int64_t* row = index.data<std::int64_t>();
  dispatch_floating(source.dtype(), "place_rows", [&](auto zero) {
    using T = decltype(zero);
    const T* from = source.data<T>();
    T* to = y.mutable_data<T>();
    for (std::int64_t i = 0; i < index.numel(); ++i) {
      std::copy_n(from + i * row_size, row_size, to + row[i] * row_size);
    }
  });
  return y;
}

Variable take_rows(const Variable& x, const Tensor& index) {
  const std::int64_t rows = x.size(0);
  return linear_map(
      "take_rows", x, [i = saved(index)](const Tensor& t) { return kernels::take_rows(t, i.value()); },
      [i = saved(index), rows](const Tensor& t) { return place_rows(t, i.value(), rows); });
}

Variable place_rows(const Variable& x, const Tensor& index, std::int64_t rows) {
  return linear_map(
      "place_rows", x, [i = saved(index), rows](const Tensor& t) { return place_rows(t, i.value(), rows); },
      [i = saved(index)](const Tensor& t) { return kernels::take_rows(t, i.value()); });
}

void check_shapes(const char* op, const Target& target, const Variable& prediction, Prediction kind) {
  const char* name = name_of(kind);
  check(prediction.rank() == 2, op, ": ", name, " must be [N, K], not ", prediction.shape(),
        "; reshape leading axes into one");
  check(is_floating(prediction.dtype()), op, ": ", name, " must be float32 or float64, not ", prediction.dtype());
  const std::int64_t n = prediction.size(0), k = prediction.size(1);
  check(n > 0, op, ": the batch is empty: ", name, " are ", prediction.shape());
  check(k > 0, op, ": there are no classes: ", name, " are ", prediction.shape());
  const Variable& value = target.value();
  check(target.is_indices() || is_floating(value.dtype()), op, ": the target is ", value.dtype(),
        "; class indices are int64, distributions have the dtype of the prediction; convert with cast");
  check(value.shape() == (target.is_indices() ? Shape{n} : Shape{n, k}), op, ": the target is ", value.dtype(), " ",
        value.shape(), ", the ", name, " ", prediction.shape(), "; class indices are int64 [", n,
        "], distributions float [", n, ", ", k, "]");
  check(target.is_indices() || value.dtype() == prediction.dtype(), op, ": dtypes differ: the target is ",
        value.dtype(), ", the ", name, " ", prediction.dtype(), "; convert one with cast");
}

Tensor checked_class_weights(const char* op, const Tensor& weights, std::int64_t classes, DType dtype) {
  if (!weights.defined()) {
    return {};
  }
  check(weights.shape() == Shape{classes}, op, ": class_weights are ", weights.shape(), "; ", classes,
        " classes need shape [", classes, "]");
  const std::vector<double> w = weights.to_vector();
  for (std::size_t k = 0; k < w.size(); ++k) {
    check(std::isfinite(w[k]) && w[k] >= 0, op, ": class_weights[", k, "] is ", w[k],
          "; weights are finite and at least 0");
  }
  return weights.dtype() == dtype ? weights : kernels::cast(weights, dtype);
}

/// Row numbers of class indices that are not ignored.
std::vector<std::int64_t> kept_indices(const char* op, const Tensor& indices, std::int64_t classes,
                                       const std::optional<std::int64_t>& ignore_index) {
  std::vector<std::int64_t> kept;
  kept.reserve(static_cast<std::size_t>(indices.numel()));
  const std::int64_t* y = indices.data<std::int64_t>();
  for (std::int64_t n = 0; n < indices.numel(); ++n) {
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

/// Row numbers of distributions that are not ignored, each checked.
std::vector<std::int64_t> kept_distributions(const char* op, const Tensor& p, const CategoricalOptions& options) {
  const std::int64_t rows = p.size(0), classes = p.size(1);
  const DistributionRule rule = {"target", options.normalize_target, /*nan_is_wrong=*/true,
                                 "normalise it, or pass .normalize_target = true"};
  std::vector<std::int64_t> kept;
  kept.reserve(static_cast<std::size_t>(rows));
  dispatch_floating(p.dtype(), op, [&](auto zero) {
    const auto* row = p.data<decltype(zero)>();
    for (std::int64_t n = 0; n < rows; ++n, row += classes) {
      if (options.ignore_index && is_one_hot_of(row, classes, *options.ignore_index)) {
        continue;
      }
      if (options.numerics == Numerics::exact) {
        check_distribution(op, row, n, classes, rule);
      }
      kept.push_back(n);
    }
  });
  return kept;
}

void check_probabilities(const char* op, const Tensor& q) {
  const DistributionRule rule = {"probabilities", /*any_sum=*/false, /*nan_is_wrong=*/false,
                                 "logits have a function of their own, ..._with_logits"};
  check_distributions(op, q, rule);
}

}  // namespace

Variable Rows::weighted(const Variable& x) const { return class_weights.defined() ? x * class_weights : x; }

Rows prepare(const char* op, const Target& target, const Variable& prediction, Prediction kind,
             const CategoricalOptions& options) {
  check_shapes(op, target, prediction, kind);
  const double s = options.label_smoothing;
  check(s >= 0 && s <= 1, op, ": label_smoothing is ", s, "; it is a part of 1, in [0, 1]");
  const std::int64_t n = prediction.size(0), classes = prediction.size(1);
  Rows rows{.p = target.value(), .prediction = prediction, .class_weights = {}, .kept = {}, .all_rows = n};
  rows.class_weights = checked_class_weights(op, options.class_weights, classes, prediction.dtype());

  const Tensor& given = target.value().value();
  const std::vector<std::int64_t> kept = target.is_indices() ? kept_indices(op, given, classes, options.ignore_index)
                                                             : kept_distributions(op, given, options);
  const auto kept_rows = static_cast<std::int64_t>(kept.size());
  if (kept_rows < n) {
    rows.kept = Tensor::from(kept, {kept_rows});
    rows.p = target.is_indices() ? Variable(kernels::take_rows(given, rows.kept)) : take_rows(rows.p, rows.kept);
    rows.prediction = take_rows(prediction, rows.kept);
  }
  if (kind == Prediction::probabilities && options.numerics == Numerics::exact) {
    check_probabilities(op, rows.prediction.value());
  }
  if (target.is_indices()) {
    rows.p = kernels::one_hot(rows.p.value(), classes, prediction.dtype());
  }
  if (options.normalize_target) {
    rows.p = normalized(rows.p);
  }
  if (s > 0) {
    rows.p = rows.p * (1 - s) + s / static_cast<double>(classes);
  }
  return rows;
}

Variable finish(const Rows& rows, const Variable& row_losses, const CategoricalOptions& options) {
  if (options.reduction == Reduction::none && rows.kept.defined()) {
    return in_base(place_rows(row_losses, rows.kept, rows.all_rows), options.base);
  }
  const bool weigh = rows.class_weights.defined() && options.reduction == Reduction::mean;
  const Variable weights = weigh ? sum(rows.weighted(rows.p), {-1}) : Variable();
  return in_base(reduce(row_losses, weights, options.reduction), options.base);
}

}  // namespace gibbs::losses
