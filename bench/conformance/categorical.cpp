// Losses of classifiers. The target is the option "labels", int64 [N], or else the first input; the prediction is the
// last.
#include "bench/conformance/table.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/distillation.h"
#include "gibbs/losses/divergence_losses.h"
#include "gibbs/losses/focal.h"
#include "gibbs/losses/hinge.h"
#include "gibbs/losses/kl_divergence.h"

namespace gibbs::conformance {
namespace {

using losses::CategoricalOptions;
using losses::Target;

CategoricalOptions categorical_options(const json& o) {
  CategoricalOptions options = {.reduction = reduction(o),
                                .label_smoothing = o.value("label_smoothing", 0.0),
                                .class_weights = tensor(o, "class_weights"),
                                .sample_weights = tensor(o, "sample_weights"),
                                .normalize_target = flag(o, "normalize_target"),
                                .base = base(o)};
  if (o.contains("ignore_index")) {
    options.ignore_index = o.at("ignore_index").get<std::int64_t>();
  }
  return options;
}

Target target(const Variables& x, const json& o) {
  return o.contains("labels") ? Target(tensor(o, "labels")) : x.at(0);
}

Function categorical(Variable (*f)(const Target&, const Variable&, const CategoricalOptions&)) {
  return entry([f](const Variables& x, const json& o) { return f(target(x, o), x.back(), categorical_options(o)); });
}

Function focal(Variable (*f)(const Target&, const Variable&, const losses::CategoricalFocalOptions&,
                             const CategoricalOptions&)) {
  return entry([f](const Variables& x, const json& o) {
    return f(target(x, o), x.back(), {.gamma = o.at("gamma"), .alpha = tensor(o, "alpha")}, categorical_options(o));
  });
}

Function rates(Variable (*f)(const Variable&, const Variable&, const losses::RateOptions&)) {
  return entry([f](const Variables& x, const json& o) {
    return f(x.at(0), x.at(1), {.reduction = reduction(o), .base = base(o)});
  });
}

Function of_labels(Variable (*f)(const Tensor&, const Variable&, const losses::ElementwiseOptions&)) {
  return entry(
      [f](const Variables& x, const json& o) { return f(tensor(o, "labels"), x.at(0), {.reduction = reduction(o)}); });
}

}  // namespace

Table categorical_table() {
  using namespace losses;  // NOLINT: the table is a list of its names
  return {
      {"losses::cross_entropy_with_logits", categorical(cross_entropy_with_logits)},
      {"losses::cross_entropy_with_probabilities", categorical(cross_entropy_with_probabilities)},
      {"losses::kl_divergence_with_logits", categorical(kl_divergence_with_logits)},
      {"losses::kl_divergence_with_probabilities", categorical(kl_divergence_with_probabilities)},
      {"losses::reverse_kl_divergence_with_logits", categorical(reverse_kl_divergence_with_logits)},
      {"losses::reverse_kl_divergence_with_probabilities", categorical(reverse_kl_divergence_with_probabilities)},
      {"losses::jeffreys_divergence_with_logits", categorical(jeffreys_divergence_with_logits)},
      {"losses::jeffreys_divergence_with_probabilities", categorical(jeffreys_divergence_with_probabilities)},
      {"losses::js_divergence_with_logits", categorical(js_divergence_with_logits)},
      {"losses::js_divergence_with_probabilities", categorical(js_divergence_with_probabilities)},
      {"losses::generalized_kl_divergence_with_log_rates", rates(generalized_kl_divergence_with_log_rates)},
      {"losses::generalized_kl_divergence_with_rates", rates(generalized_kl_divergence_with_rates)},
      {"losses::categorical_focal_loss_with_logits", focal(categorical_focal_loss_with_logits)},
      {"losses::categorical_focal_loss_with_probabilities", focal(categorical_focal_loss_with_probabilities)},
      {"losses::kl_divergence_with_log_target", entry([](const Variables& x, const json& o) {
         return kl_divergence_with_log_target(x.at(0), x.at(1), categorical_options(o));
       })},
      {"losses::distillation_loss", entry([](const Variables& x, const json& o) {
         return distillation_loss(x.at(0), x.at(1),
                                  {.temperature = o.at("temperature"), .categorical = categorical_options(o)});
       })},
      {"losses::categorical_hinge", of_labels(categorical_hinge)},
      {"losses::multi_margin", of_labels(multi_margin)},
  };
}

}  // namespace gibbs::conformance
