// What losses on yes-or-no targets share. Each element of the target is the probability of yes in a distribution of its
// own, over two classes; its loss sums over both, as a loss on K classes sums over K. A row (an entry of the leading
// axis) has the mean of its elements, as in regression.h, and rows are reduced as everywhere.
//
// The one idea: weights are multiplied into the target before any logarithm is taken. A term whose weight is 0 is then
// left out like a class that does not happen, however infinite its logarithm.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/reduction.h"

namespace gibbs::losses {

struct BinaryOptions {
  Reduction reduction = Reduction::mean;
  /// s in [0, 1]: the target is mixed with a fair coin, p (1 - s) + s / 2.
  double label_smoothing = 0;
  /// [K] for targets [..., K], or one number []: the term of yes counts that many times. Part of the loss: `mean` does
  /// not divide by it.
  Tensor positive_weight = {};
  /// [N], at least 0: the loss of a row counts that many times, and `mean` divides by their sum. Rows of weight 0 give
  /// 0 loss and 0 gradient, of every order, whatever target and prediction hold there (NaN and infinities included).
  Tensor sample_weights = {};
  Base base = Base::nats;
  /// Refuse targets, and predicted probabilities, outside [0, 1].
  bool check_probabilities = true;
};

/// A binary target, ready for a loss -(yes ln q + no ln(1 - q)).
struct BinaryTarget {
  Variable p;           // [N, ...], smoothed
  Variable yes, no;     // [N, ...]: p and 1 - p with their weights multiplied in
  Variable prediction;  // [N, ...], a harmless number in rows of weight 0
  Tensor weights;       // [N] sample weights in the prediction's dtype; undefined without
};

/// Checks and makes ready. `op` begins every error. Throws for shapes or dtypes that differ, an empty batch, options
/// out of range, and, with check_probabilities, for targets (or predictions that are probabilities) outside [0, 1].
BinaryTarget prepare_binary(const char* op, const Variable& target, const Variable& prediction, bool probabilities,
                            const BinaryOptions& options);

/// The loss of the batch from the loss of each element [N, ...], in nats, weights multiplied in.
Variable finish_binary(const BinaryTarget& target, const Variable& elements, const BinaryOptions& options);

/// x, and the number where x is NaN and its weight a is 0: a term without weight is 0 whatever it is made of.
Variable nan_without_weight(const Variable& a, const Variable& x, double number);

/// a x for a weight a: 0 where a is 0, even where x is infinite; there the gradient of both is 0.
Variable weighted_terms(const Variable& a, const Variable& x);

/// -(yes ln sigmoid(z) + no ln sigmoid(-z)), element by element: binary cross entropy of a logit z.
Variable logistic_terms(const Variable& yes, const Variable& no, const Variable& z);

/// ln sigmoid(z) = -ln(1 + e^-z): exact to the last digits for z of any size, -inf and inf included.
/// dz = dy sigmoid(-z). The other class has ln(1 - sigmoid(z)) = ln sigmoid(-z).
Variable log_sigmoid(const Variable& z);

}  // namespace gibbs::losses
