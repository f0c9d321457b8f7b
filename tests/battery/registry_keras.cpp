// The losses under Keras' names: targets first, a number per sample, a mean over samples whatever their weights.
#include <algorithm>
#include <cmath>

#include "gibbs/losses/losses.h"
#include "tests/battery/registry.h"
#include "tests/battery/row_losses.h"

namespace gibbs::battery {
namespace {

namespace keras = losses::compat::keras;
using testing::at;
using testing::build;
using testing::f64;
using testing::Index;

/// A loss of Keras with its default reduction, and as rows with weights.
template <class Options>
OpEntry keras_entry(const std::string& name, Variable (*op)(const Variable&, const Variable&, const Options&),
                    const Options& options, const Tensor& y, const Tensor& x, const RowLoss& f) {
  Options weighted = options;
  weighted.reduction = keras::Reduction::none;
  weighted.sample_weight = f64({2, .5});
  return {"losses::compat::keras::" + name,
          {sample(
               "mean", [=](const Variable& a, const Variable& b) { return op(a, b, options); }, y, x,
               [f](const Tensor& a, const Tensor& b) { return mean_row(a, b, f); }),
           sample(
               "rows with weights", [=](const Variable& a, const Variable& b) { return op(a, b, weighted); }, y, x,
               [f](const Tensor& a, const Tensor& b) {
                 const Tensor rows = rows_of(a, b, f);
                 return build({2}, [&](const Index& i) { return at(rows, i) * (i[0] == 0 ? 2 : .5); });
               })},
          {{[=] { op(y, kUnequal, options); },
            name + ": the target is [2, 3], the prediction [1, 2]; they must be equal, reshape one"}}};
}

}  // namespace

OpEntries keras_entries() {
  const auto focal = [](double p, double q) { return -.25 * p * std::pow(1 - q, 2) * std::log(q); };
  const auto binary_focal = [](double p, double q) {
    return std::pow(1 - p * q - (1 - p) * (1 - q), 2) * binary_cross_entropy(p, q);
  };
  const auto huber_of_keras = [](const Variable& y, const Variable& x, const keras::Options& o) {
    return keras::huber(y, x, 1.1, o);
  };
  const Tensor labels = f64({{1, -1, 1}, {-1, -1, 1}}), scores = f64({{.4, -.2, 1.7}, {.3, -2, -.6}});
  const Tensor classes = Tensor::of({2, 0}, DType::int64), one_hot = f64({{0, 0, 1}, {1, 0, 0}});
  const auto hinge = [](double y, double x) { return std::max(0.0, 1 - y * x); };
  const auto squared_hinge = [](double y, double x) { return std::pow(std::max(0.0, 1 - y * x), 2); };
  const auto categorical_hinge = [](const Rows& y, const Rows& z) {
    double negative = -1e300, positive = 0;
    for (std::size_t k = 0; k < y.size(); ++k) {
      negative = std::max(negative, (1 - y[k]) * z[k]);
      positive += y[k] * z[k];
    }
    return std::max(0.0, 1 + negative - positive);
  };
  const auto sparse = [=](bool from_logits) {
    return Sample{from_logits ? "on logits" : "on probabilities",
                  [=](const Variables& v) {
                    return keras::sparse_categorical_crossentropy(classes, v[0], {.from_logits = from_logits});
                  },
                  {from_logits ? kLogits : kOther},
                  [=](const Tensors& v) {
                    return mean_row(one_hot, v[0],
                                    from_logits ? on_logits(sum_of(cross_entropy)) : sum_of(cross_entropy));
                  }};
  };
  const keras::CrossentropyOptions logits = {.from_logits = true};
  OpEntry binary =
      keras_entry("binary_crossentropy", keras::binary_crossentropy, {}, kSoft, kOther, mean_of(binary_cross_entropy));
  const OpEntry binary_logits =
      keras_entry("binary_crossentropy", keras::binary_crossentropy, logits, kSoft, kLogits, mean_of(binary_on_logits));
  binary.samples.insert(binary.samples.end(), binary_logits.samples.begin(), binary_logits.samples.end());
  return {
      keras_entry("categorical_crossentropy", keras::categorical_crossentropy, logits, kSoft, kLogits,
                  on_logits(sum_of(cross_entropy))),
      binary,
      {"losses::compat::keras::sparse_categorical_crossentropy",
       {sparse(true), sparse(false)},
       {{[=] { keras::sparse_categorical_crossentropy(classes, kUnequal); },
         "sparse_categorical_crossentropy: the target is int64 [2], the predictions [1, 2]; class indices are int64 "
         "[1]"}}},
      keras_entry("categorical_focal_crossentropy", keras::categorical_focal_crossentropy, {}, kSoft, kOther,
                  sum_of(focal)),
      keras_entry("binary_focal_crossentropy", keras::binary_focal_crossentropy, {}, kSoft, kOther,
                  mean_of(binary_focal)),
      keras_entry("kl_divergence", keras::kl_divergence, {}, kSoft, kOther, sum_of(relative_entropy)),
      keras_entry("mean_squared_error", keras::mean_squared_error, {}, kSoft, kLogits, mean_of(squared)),
      keras_entry("mean_absolute_error", keras::mean_absolute_error, {}, kSoft, kLogits, mean_of(absolute)),
      keras_entry<keras::Options>("huber", huber_of_keras, {}, kSoft, kLogits, mean_of(huber)),
      keras_entry("hinge", keras::hinge, {}, labels, scores, mean_of(hinge)),
      keras_entry("squared_hinge", keras::squared_hinge, {}, labels, scores, mean_of(squared_hinge)),
      keras_entry("categorical_hinge", keras::categorical_hinge, {}, one_hot, f64({{1.5, .25, .5}, {.4, -1, 1.5}}),
                  categorical_hinge),
  };
}

}  // namespace gibbs::battery
