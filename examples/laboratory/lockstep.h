// Lockstep: two losses on the same batches, step by step, and how far what they say to the weights is apart.
//
// In lock-step there is one set of weights: one forward pass gives the logits, both losses are computed from them (one
// dropout mask), and each sends its own gradient back. Both models then take their step, the numbers are compared, and
// the second model is put back on the first. Running free, the second is not put back, and every step begins with two
// forward passes: what is compared then is the drift of two trainings from one seed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "examples/laboratory/gradient_difference.h"
#include "examples/laboratory/laboratory_targets.h"
#include "gibbs/autograd/variable.h"
#include "gibbs/data/image_batches.h"
#include "gibbs/nn/module.h"
#include "gibbs/nn/training_loop.h"
#include "gibbs/optim/optimizer.h"

namespace gibbs::examples {

/// A loss of targets p [N, K] and logits [N, K]: a scalar.
using LogitsLoss = std::function<Variable(const Tensor& p, const Variable& logits)>;

/// The exact losses of the library. Their gradients are coded independently of each other, on one softmax: see
/// losses/cross_entropy.h.
Variable exact_cross_entropy(const Tensor& p, const Variable& logits);
Variable exact_kl_divergence(const Tensor& p, const Variable& logits);

struct LossPair {
  LogitsLoss first = exact_cross_entropy;
  LogitsLoss second = exact_kl_divergence;
};

struct LockstepOptions {
  bool free = false;
  Targets targets = Targets::one_hot;
  DType dtype = DType::float32;
  std::int64_t classes = 10;
  std::uint64_t seed = 0;  // of dropout and soft targets
  double learning_rate = 1e-3;
};

struct StepReport {
  std::int64_t step = 0;  // from 1
  double loss_ce = 0, loss_kl = 0;
  double target_entropy = 0;
  double residual = 0;  // loss_ce - loss_kl - target_entropy
  GradientDifference gradient;
  /// The third path, plain_loss.h, at the first model's logits.
  double loss_plain = 0;
  double plain_gradient_difference = 0;  // max |dz of CE - dz of plain| over all logits, times N: a row's is q - p
  double largest_logit = 0;              // in absolute terms
  bool weights_equal = true;             // after the step, every one
  double weight_difference = 0;          // max |w - w'| after the step
};

class Lockstep {
 public:
  /// Works on two copies of `start`, each with an Adam of its own (Keras' defaults but for the rate).
  Lockstep(const nn::Layer& start, LossPair losses, const LockstepOptions& options);

  StepReport step(const data::Batch& batch);

 private:
  struct Copy {
    std::unique_ptr<nn::Layer> model;
    std::unique_ptr<optim::Optimizer> adam;
  };
  Copy make_copy(const nn::Layer& start) const;
  void put_second_back();

  LossPair losses_;
  LockstepOptions options_;
  Copy first_, second_;
  nn::TrainingLoop loop_;
};

/// How much a step's figures may differ by rounding alone.
struct Rounding {
  double residual;                    // of loss_ce - loss_kl - H(p): 32 epsilon of the terms' sizes
  double gradient;                    // of GradientDifference::relative: 1e-12 in float64, 1e-4 in float32
  double plain_loss, plain_gradient;  // 32 and 8 epsilon of the terms' sizes, logits included
};
Rounding rounding_of(const StepReport& report, DType dtype);

/// Empty when the step shows two losses with the same gradient, and the third path's (as far as its exp reaches); else
/// which figure is too large, and by how much.
std::string what_is_wrong(const StepReport& report, DType dtype);

}  // namespace gibbs::examples
