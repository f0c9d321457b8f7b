// What a model makes of data it is not trained on: loss and accuracy over a set, and predictions.
#pragma once

#include <functional>

#include "gibbs/data/dataset.h"
#include "gibbs/nn/module.h"
#include "gibbs/train/metrics.h"

namespace gibbs::train {

/// Mean loss of a batch: labels int64 [N], logits [N, K].
using LossFunction = std::function<Variable(const Tensor& labels, const Variable& logits)>;

struct EvaluateOptions {
  std::int64_t batch_size = 250;
};

struct Evaluation {
  double loss = 0;      // mean over images
  double accuracy = 0;  // in [0, 1]
  ConfusionMatrix confusion;
  /// Per image, in the order of the set: the predicted class, and the probability it was predicted with.
  std::vector<std::int64_t> predictions;
  std::vector<double> confidences;
};

/// Runs the model without tape and without training over the whole set, in its order. `confidences` are the model's
/// largest scores: probabilities when it ends in a Softmax, logits otherwise.
Evaluation evaluate(nn::Module& model, const LossFunction& loss, const data::Subset& set,
                    const EvaluateOptions& options = {});

/// The model's logits for float32 images [N, H, W, C], in batches, without tape.
Tensor predict(nn::Module& model, const Tensor& images, const EvaluateOptions& options = {});

}  // namespace gibbs::train
