// The gradients of both losses with respect to logits, compared with what knows nothing of them: the plain formula of
// plain_loss.h by the tape, (q - p) / N in scalar arithmetic, and central differences of either loss. All in float64.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "examples/laboratory/laboratory_targets.h"
#include "examples/laboratory/lockstep.h"

namespace gibbs::examples {

/// Largest differences over all logits of one batch, in absolute terms.
struct LogitGradientRow {
  std::string targets;
  double largest_gradient = 0;  // what the differences are to be seen against
  double ce_against_kl = 0;     // tape against tape
  double ce_against_plain = 0, kl_against_plain = 0;
  double ce_against_formula = 0, kl_against_formula = 0;
  double ce_against_differences = 0, kl_against_differences = 0;
  double ce_value_against_plain = 0;  // the losses themselves
};

/// One row each for one-hot, smoothed and soft targets, at random logits [15, 10] of deviation 3.
std::vector<LogitGradientRow> logit_gradients(const LossPair& losses, std::uint64_t seed);

/// Empty when all agree: 1e-14 (losses: 1e-13) but with central differences, whose own error at step 1e-5 is 1e-8.
std::string what_is_wrong(const std::vector<LogitGradientRow>& rows);

/// (softmax(z) - p) / N, in scalar arithmetic.
Tensor gradient_by_formula(const Tensor& p, const Tensor& logits);

/// (loss(z + h e) - loss(z - h e)) / 2h for every logit.
Tensor gradient_by_differences(const LogitsLoss& loss, const Tensor& p, const Tensor& logits, double step = 1e-5);

}  // namespace gibbs::examples
