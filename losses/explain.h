// explain: a loss taken apart, class by class, for people who wonder where a number comes from.
//
//   std::cout << losses::explain(losses::ExplainedLoss::cross_entropy_with_logits, labels, logits);
//
// Terms are computed anew in float64 from the definitions; loss and gradients come from the loss function itself. That
// both agree is tested, and visible: terms times the row's weight add up to the loss.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "gibbs/losses/target.h"

namespace gibbs::losses {

enum class ExplainedLoss {
  cross_entropy_with_logits,
  cross_entropy_with_probabilities,
  kl_divergence_with_logits,
  kl_divergence_with_probabilities,
};

struct ExplainedClass {
  double p = 0;            // the target: normalised, smoothed, and clipped where keras numerics clips it
  double q = 0;            // the prediction: softmax of the logits, normalised and clipped as the loss does
  double minus_log_q = 0;  // -ln q, or -log2 q
  double term = 0;         // what the class adds to the row's loss, class weight included, in the loss's unit
  double gradient = 0;     // of the reduced loss, in the logit or probability (with Reduction::none: of the sum)
  bool clipped = false;    // p or q stood outside the limits of keras numerics
  bool masked = false;     // left out: the row is ignored, or 0 ln 0 was taken to be 0
  bool smoothed = false;   // p differs from what was given
};

struct ExplainedRow {
  std::int64_t row = 0;
  bool ignored = false;
  double weight = 0;  // what the row's loss is multiplied with: 1 / N in a plain mean
  double loss = 0;    // the sum of its terms
  std::vector<ExplainedClass> classes;
};

struct Explanation {
  std::string name;
  std::string unit;  // "nats" or "bits"
  double loss;       // the sum of weight * loss over rows: what the loss function returned (none: the sum)
  std::vector<ExplainedRow> rows;
};

/// Every term of the loss, for the target, prediction and options that the loss function takes; its errors.
Explanation explain(ExplainedLoss loss, const Target& target, const Variable& prediction,
                    const CategoricalOptions& options = {});

/// A table, a line per class, a line per row.
std::ostream& operator<<(std::ostream& out, const Explanation& explanation);

}  // namespace gibbs::losses
