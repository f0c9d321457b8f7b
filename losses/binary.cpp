#include "gibbs/losses/binary.h"

#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/record.h"
#include "gibbs/losses/detail/check_arguments.h"
#include "gibbs/losses/regression.h"
#include "gibbs/losses/target.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

/// NaN is a mistake in a target; in a prediction it shows that training diverged, and becomes a loss of NaN.
void check_unit_range(const char* op, const char* what, const Tensor& x, bool nan_is_wrong, const char* repair) {
  const std::int64_t row_size = x.numel() / x.size(0);
  dispatch_floating(x.dtype(), op, [&](auto zero) {
    const auto* value = x.data<decltype(zero)>();
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const bool fits = nan_is_wrong ? 0 <= value[i] && value[i] <= 1 : !(value[i] < 0) && !(value[i] > 1);
      check(fits, op, ": ", what, " row ", i / row_size, " has ", value[i], "; probabilities are in [0, 1]", repair);
    }
  });
}

/// p (1 - s) + s / 2; for s = 1 a fair coin that has forgotten p.
Variable smoothed(const Variable& p, double s) {
  return s == 1 ? where_or(Tensor::zeros({}, DType::uint8), p, .5) : p * (1 - s) + s / 2;
}

}  // namespace

BinaryTarget prepare_binary(const char* op, const Variable& target, const Variable& prediction, bool probabilities,
                            const BinaryOptions& options) {
  check_elementwise(op, target, prediction);
  const double s = options.label_smoothing;
  check_label_smoothing(op, s);
  const Tensor weights =
      checked_weights(op, "sample_weights", options.sample_weights, {prediction.size(0)}, "rows", prediction.dtype());
  const Variable given = without_masked_rows(target, weights, 0);
  const Variable p = s > 0 ? smoothed(given, s) : given;
  BinaryTarget result{.p = p,
                      .yes = p,
                      .no = 1.0 - p,
                      .prediction = without_masked_rows(prediction, weights, probabilities ? .5 : 0),
                      .weights = weights};
  if (options.check_probabilities) {
    check_unit_range(op, "target", given.value(), /*nan_is_wrong=*/true, "");
    if (probabilities) {
      check_unit_range(op, "probabilities", result.prediction.value(), /*nan_is_wrong=*/false,
                       "; logits have a function of their own, ..._with_logits");
    }
  }
  if (const Tensor& w = options.positive_weight; w.defined()) {
    const std::int64_t last = prediction.size(-1);
    check(w.rank() == 0 || w.shape() == Shape{last}, op, ": positive_weight is ", w.shape(),
          "; it is a number [], or [", last, "] for targets ", target.shape());
    result.yes = p * checked_weights(op, "positive_weight", w, prediction.dtype());
  }
  if (weights.defined()) {
    Shape column = prediction.shape();
    for (int axis = 1; axis < column.rank(); ++axis) {
      column.set(axis, 1);
    }
    const Tensor per_row = weights.reshape(column);
    result.yes = result.yes * per_row;
    result.no = result.no * per_row;
  }
  return result;
}

Variable finish_binary(const BinaryTarget& target, const Variable& elements, const BinaryOptions& options) {
  const Variable weights = target.weights.defined() ? Variable(target.weights) : Variable();
  return in_base(reduce(row_means(elements), weights, options.reduction), options.base);
}

Variable nan_without_weight(const Variable& a, const Variable& x, double number) {
  check_terms("nan_without_weight", a, x);
  const Tensor weighs = kernels::not_equal(a.value(), Tensor::zeros({}, a.dtype()));
  return where_or(kernels::maximum(weighs, kernels::equal(x.value(), x.value())), x, number);
}

Variable logistic_terms(const Variable& yes, const Variable& no, const Variable& z) {
  check_terms("logistic_terms", yes, no);
  check_terms("logistic_terms", yes, z);
  const double sure = std::numeric_limits<double>::infinity();
  return 0.0 - (weighted_terms(yes, log_sigmoid(nan_without_weight(yes, z, sure))) +
                weighted_terms(no, log_sigmoid(-nan_without_weight(no, z, -sure))));
}

Variable weighted_terms(const Variable& a, const Variable& x) {
  check_terms("weighted_terms", a, x);
  const Tensor counts =
      kernels::maximum(kernels::not_equal(a.value(), Tensor::zeros({}, a.dtype())), kernels::isfinite(x.value()));
  return a * where_or(counts, x, 0);
}

Variable log_sigmoid(const Variable& z) {
  check_terms("log_sigmoid", z);
  return record("log_sigmoid", kernels::log_sigmoid(z.value()),
                wrt(z, [z](const Variable& dy) { return dy * sigmoid(-z); }));
}

}  // namespace gibbs::losses
