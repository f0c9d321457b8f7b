// PyTorch's conventions, under PyTorch's names: the losses of torch.nn.functional. The input (what was predicted) comes
// before the target, the mean is that over elements unless said otherwise, and weights are not part of its divisor,
// except in cross_entropy with indices.
//
// Differences: 0 ln 0 is 0 where PyTorch has NaN (a probability of 0 against a logit of -inf), a batch in which every
// row is ignored has loss 0 instead of NaN, elements of weight 0 have loss 0 and gradient 0 whatever they hold instead
// of 0 times NaN, and input is [N, C] wherever there are classes.
#pragma once

#include <cstdint>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/target.h"

namespace gibbs::losses::compat::torch {

enum class Reduction { none, sum, mean };

struct CrossEntropyOptions {
  Tensor weight = {};  // [C]
  std::int64_t ignore_index = -100;
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0;
};

/// input: logits [N, C]; target: class indices, or probabilities [N, C], of which no row is ignored and nothing is
/// asked. `mean` divides by the sum of w_y over the rows that are not ignored for indices, and by N for probabilities.
Variable cross_entropy(const Variable& input, const Target& target, const CrossEntropyOptions& options = {});

/// kl_div has a reduction of its own: `mean` is over all elements, `batchmean` divides by N and is the divergence.
enum class KlReduction { none, sum, mean, batchmean };

struct KlDivOptions {
  KlReduction reduction = KlReduction::mean;
  bool log_target = false;
};

/// Per element p (ln p - input), where input is ln q: D(target || e^input), with the arguments the other way round than
/// in mathematics. With log_target the target is ln p: e^target (target - input). Equal shapes [N, ...].
Variable kl_div(const Variable& input, const Variable& target, const KlDivOptions& options = {});

struct BinaryCrossEntropyOptions {
  Tensor weight = {};  // broadcasts to input
  Reduction reduction = Reduction::mean;
};

/// Per element -w (t ln x + (1 - t) ln(1 - x)), with logarithms of at least -100. Equal shapes [N, ...]; both are in
/// [0, 1]. The gradient of the input is PyTorch's own, which does not know of that bound: w (x - t) / max(x (1 - x),
/// 1e-12). That of the target knows of it, w (ln(1 - x) - ln x) with the same logarithms, and differs from PyTorch's at
/// x = 0 and x = 1: that is w (ln(1 - x) - ln x) without a bound, infinite.
Variable binary_cross_entropy(const Variable& input, const Variable& target,
                              const BinaryCrossEntropyOptions& options = {});

struct BinaryCrossEntropyWithLogitsOptions {
  Tensor weight = {};  // broadcasts to input
  Reduction reduction = Reduction::mean;
  Tensor pos_weight = {};  // broadcasts to input
};

/// Per element w ((1 - t) z - (1 + (pos_weight - 1) t) ln sigmoid(z)). Equal shapes [N, ...].
Variable binary_cross_entropy_with_logits(const Variable& input, const Variable& target,
                                          const BinaryCrossEntropyWithLogitsOptions& options = {});

/// Per element |input - target|, its square, Huber's loss, and Huber's loss / beta (|input - target| for beta = 0).
/// Equal shapes [N, ...].
Variable l1_loss(const Variable& input, const Variable& target, Reduction reduction = Reduction::mean);
Variable mse_loss(const Variable& input, const Variable& target, Reduction reduction = Reduction::mean);
Variable huber_loss(const Variable& input, const Variable& target, Reduction reduction = Reduction::mean,
                    double delta = 1);
Variable smooth_l1_loss(const Variable& input, const Variable& target, Reduction reduction = Reduction::mean,
                        double beta = 1);

}  // namespace gibbs::losses::compat::torch
