// Losses and their gradients along one logit: the prediction softmax(z, 0, 0, 0) walks from surely wrong to surely
// right while the target stays. Cross entropy and the KL divergence differ by a constant, and their slopes coincide;
// the others go their own ways, and clipping makes plateaus.
#pragma once

#include <string>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs::examples {

struct LogitCurve {
  std::string name;              // "cross_entropy", as in JSON
  std::string title;             // "cross entropy", as in a legend
  std::vector<double> nats;      // the loss at every z
  std::vector<double> gradient;  // d loss / d z, by the tape
};

/// The target of the curves, [4]: class 0 with a label smoothing of 0.1, so that no divergence is infinite.
Tensor smoothed_target();

/// Cross entropy, KL, reverse KL, JS, and both losses on probabilities clipped as Keras clips them, at every z.
std::vector<LogitCurve> logit_curves(const std::vector<double>& z);

/// `count` points from `from` to `to`.
std::vector<double> evenly_spaced(double from, double to, int count);

}  // namespace gibbs::examples
