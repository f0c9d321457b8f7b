// Losses on arrays of numbers and of yes-or-no targets: the target is the first input, the prediction the second.
#include "gibbs/losses/regression.h"

#include "bench/conformance/table.h"
#include "gibbs/losses/binary_cross_entropy.h"
#include "gibbs/losses/focal.h"
#include "gibbs/losses/hinge.h"
#include "gibbs/losses/measures/gaussian_kl.h"

namespace gibbs::conformance {
namespace {

using losses::BinaryOptions;

Function elementwise(Variable (*f)(const Variable&, const Variable&, const losses::ElementwiseOptions&)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), x.at(1), {.reduction = reduction(o)}); });
}

BinaryOptions binary_options(const json& o) {
  return {.reduction = reduction(o),
          .label_smoothing = o.value("label_smoothing", 0.0),
          .positive_weight = tensor(o, "positive_weight"),
          .sample_weights = tensor(o, "sample_weights"),
          .base = base(o)};
}

Function of_two_classes(Variable (*f)(const Variable&, const Variable&, const BinaryOptions&)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), x.at(1), binary_options(o)); });
}

Function focal(Variable (*f)(const Variable&, const Variable&, const losses::BinaryFocalOptions&,
                             const BinaryOptions&)) {
  return entry([f](const Variables& x, const json& o) {
    losses::BinaryFocalOptions options = {.gamma = o.at("gamma")};
    if (o.contains("alpha")) {
      options.alpha = o.at("alpha").get<double>();
    }
    return f(x.at(0), x.at(1), options, binary_options(o));
  });
}

}  // namespace

Table regression_table() {
  using namespace losses;  // NOLINT: the table is a list of its names
  return {
      {"losses::mean_squared_error", elementwise(mean_squared_error)},
      {"losses::mean_absolute_error", elementwise(mean_absolute_error)},
      {"losses::hinge", elementwise(hinge)},
      {"losses::squared_hinge", elementwise(squared_hinge)},
      {"losses::huber", entry([](const Variables& x, const json& o) {
         return huber(x.at(0), x.at(1), {.delta = o.at("delta"), .reduction = reduction(o)});
       })},
      {"losses::binary_cross_entropy_with_logits", of_two_classes(binary_cross_entropy_with_logits)},
      {"losses::binary_cross_entropy_with_probabilities", of_two_classes(binary_cross_entropy_with_probabilities)},
      {"losses::binary_focal_loss_with_logits", focal(binary_focal_loss_with_logits)},
      {"losses::binary_focal_loss_with_probabilities", focal(binary_focal_loss_with_probabilities)},
      {"losses::gaussian_kl_to_standard_normal", entry([](const Variables& x, const json& o) {
         return gaussian_kl_to_standard_normal(x.at(0), x.at(1), {.reduction = reduction(o), .base = base(o)});
       })},
      {"losses::gaussian_kl", entry([](const Variables& x, const json& o) {
         return gaussian_kl({x.at(0), x.at(1)}, {x.at(2), x.at(3)}, {.reduction = reduction(o), .base = base(o)});
       })},
  };
}

}  // namespace gibbs::conformance
