// What a model makes of data it is not trained on: loss and accuracy over a set, and predictions.
//
// The model runs in evaluation here, without a tape, even inside of a ForwardScope of training.
#pragma once

#include <concepts>
#include <type_traits>

#include "gibbs/data/dataset.h"
#include "gibbs/data/normalization.h"
#include "gibbs/nn/module.h"
#include "gibbs/train/confusion.h"
#include "gibbs/train/metric.h"
#include "gibbs/train/outputs.h"
#include "gibbs/train/task.h"

namespace gibbs::train {

struct EvaluateOptions {
  std::int64_t batch_size = 250;  // at least 1
  Outputs outputs = Outputs::automatic;
  /// Of the pictures of a set, as in training. predict() takes images that are numbers already.
  data::Normalization normalization = {};
};

struct Evaluation {
  /// Mean over images; of one of losses:: with weights or an ignored class, over what it counts.
  double loss = 0;
  double accuracy = 0;        // share of all images, in [0, 1]
  ConfusionMatrix confusion;  // of as many classes as the model has outputs
  /// Per image, in the order of the set: the predicted class, and the probability it was predicted with.
  std::vector<std::int64_t> predictions;
  std::vector<double> confidences;
};

/// Runs the model over the whole set, in its order. Errors: an empty set, a batch size below 1, outputs that are not
/// [N, K], a label that is none of the K classes.
Evaluation evaluate(nn::Layer& model, const LossFunction& loss, const data::Subset& set,
                    const EvaluateOptions& options = {});

namespace detail {

NamedNumbers evaluate(const BoundTask& task, data::Batches& batches);

}  // namespace detail

/// Mean loss, under "loss", and metrics of a task over epoch 0 of the batches: {{"loss", 0.4}, {"accuracy", 0.9}}.
template <std::derived_from<nn::Module> M>
NamedNumbers evaluate(M& model, const Task<std::type_identity_t<M>>& task, data::Batches& batches) {
  return detail::evaluate(detail::BoundTask::of(model, task), batches);
}

/// The model's outputs, as they are, for float32 images [N, H, W, C], in batches.
Tensor predict(nn::Layer& model, const Tensor& images, const EvaluateOptions& options = {});

/// The probabilities [N, K] of the classes for float32 images [N, H, W, C]: of a model that gives logits, and of one
/// that gives probabilities.
Tensor predict_probabilities(nn::Layer& model, const Tensor& images, const EvaluateOptions& options = {});

}  // namespace gibbs::train
