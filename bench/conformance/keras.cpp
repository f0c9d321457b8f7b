// losses/compat/keras.h, by the formulas of keras.losses: the target is the option "labels" or the first input, the
// prediction the last.
#include "gibbs/losses/compat/keras.h"

#include "bench/conformance/table.h"

namespace gibbs::conformance {
namespace {

namespace keras = losses::compat::keras;

keras::Reduction keras_reduction(const json& o) {
  const std::string name = o.at("reduction");
  return name == "none"  ? keras::Reduction::none
         : name == "sum" ? keras::Reduction::sum
                         : keras::Reduction::sum_over_batch_size;
}

Function crossentropy(Variable (*f)(const Variable&, const Variable&, const keras::CrossentropyOptions&)) {
  return entry([f](const Variables& x, const json& o) {
    return f(x.at(0), x.at(1),
             {.from_logits = flag(o, "from_logits"),
              .label_smoothing = o.value("label_smoothing", 0.0),
              .reduction = keras_reduction(o),
              .sample_weight = tensor(o, "sample_weight")});
  });
}

Variable sparse(const Variables& x, const json& o) {
  keras::SparseOptions options = {.from_logits = flag(o, "from_logits"),
                                  .reduction = keras_reduction(o),
                                  .sample_weight = tensor(o, "sample_weight")};
  if (o.contains("ignore_class")) {
    options.ignore_class = o.at("ignore_class").get<std::int64_t>();
  }
  return keras::sparse_categorical_crossentropy(tensor(o, "labels"), x.at(0), options);
}

Variable categorical_focal(const Variables& x, const json& o) {
  return keras::categorical_focal_crossentropy(x.at(0), x.at(1),
                                               {.alpha = tensor(o, "alpha"),
                                                .gamma = o.at("gamma"),
                                                .from_logits = flag(o, "from_logits"),
                                                .label_smoothing = o.value("label_smoothing", 0.0),
                                                .reduction = keras_reduction(o),
                                                .sample_weight = tensor(o, "sample_weight")});
}

Variable binary_focal(const Variables& x, const json& o) {
  return keras::binary_focal_crossentropy(x.at(0), x.at(1),
                                          {.apply_class_balancing = o.contains("alpha"),
                                           .alpha = o.value("alpha", .25),
                                           .gamma = o.at("gamma"),
                                           .from_logits = flag(o, "from_logits"),
                                           .label_smoothing = o.value("label_smoothing", 0.0),
                                           .reduction = keras_reduction(o),
                                           .sample_weight = tensor(o, "sample_weight")});
}

}  // namespace

Table keras_table() {
  const std::string prefix = "losses::compat::keras::";
  return {
      {prefix + "categorical_crossentropy", crossentropy(keras::categorical_crossentropy)},
      {prefix + "binary_crossentropy", crossentropy(keras::binary_crossentropy)},
      {prefix + "sparse_categorical_crossentropy", entry(sparse)},
      {prefix + "categorical_focal_crossentropy", entry(categorical_focal)},
      {prefix + "binary_focal_crossentropy", entry(binary_focal)},
      {prefix + "kl_divergence", entry([](const Variables& x, const json& o) {
         return keras::kl_divergence(x.at(0), x.at(1),
                                     {.reduction = keras_reduction(o), .sample_weight = tensor(o, "sample_weight")});
       })},
  };
}

}  // namespace gibbs::conformance
