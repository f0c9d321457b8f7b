#include "gibbs/train/evaluate.h"

#include <algorithm>
#include <optional>

#include "gibbs/data/loader.h"
#include "gibbs/nn/forward.h"
#include "gibbs/tensor/kernels/layout.h"
#include "gibbs/tensor/kernels/ordering.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::train {
namespace {

/// Neither tape nor training, whatever the scopes around say. A scope of evaluation stays, with its observer.
class EvaluationScope {
 public:
  EvaluationScope() {
    if (nn::ForwardOptions options = nn::ForwardScope::current(); options.training) {
      options.training = false;
      scope_.emplace(std::move(options));
    }
  }

 private:
  NoTape no_tape_;
  std::optional<nn::ForwardScope> scope_;
};

void check_not_normalized(const char* op, const EvaluateOptions& options) {
  check(options.normalization.empty(), op,
        ": normalization is for sets of pictures; make numbers of pixels with data::normalized");
}

void check_batch_size(const char* op, const EvaluateOptions& options) {
  check(options.batch_size >= 1, op, ": batch_size must be at least 1, it is ", options.batch_size);
}

void check_outputs(const char* op, const Tensor& outputs, std::int64_t rows) {
  check(outputs.rank() == 2 && outputs.size(0) == rows && outputs.size(1) >= 1, op, ": the model must give [", rows,
        ", classes] for ", rows, " images; it gave ", outputs.shape());
}

void check_labels(const Tensor& labels, std::int64_t first, std::int64_t classes) {
  const auto values = labels.values<std::int64_t>();
  const auto wrong = std::find_if(values.begin(), values.end(), [=](std::int64_t y) { return y < 0 || y >= classes; });
  check(wrong == values.end(), "evaluate: image ", first + (wrong - values.begin()), " has label ",
        wrong == values.end() ? 0 : *wrong, ", and the model has outputs for classes 0 to ", classes - 1,
        "; number the classes of both sets alike, or give the model an output for each");
}

}  // namespace

NamedNumbers detail::evaluate(const BoundTask& task, data::Batches& batches) {
  const EvaluationScope scope;
  data::DataLoader loader(batches);
  RunningMetrics metrics(task.metrics, RunningMetrics::For::validation);
  for (std::int64_t i = 0; i < batches.batches_per_epoch(); ++i) {
    const data::Batch batch = loader.next();
    metrics.add(batch, task.run(batch));
  }
  check(metrics.weight() > 0, "evaluate: nothing in the ", batches.samples(),
        " samples counts, so that there is no mean; give some that the task does not leave out");
  return metrics.values();
}

Evaluation evaluate(nn::Layer& model, const LossFunction& loss, const data::Subset& set,
                    const EvaluateOptions& options) {
  check(set.size() > 0, "evaluate: the set is empty; there is nothing to evaluate on");
  check_batch_size("evaluate", options);
  const EvaluationScope scope;
  data::DataLoader loader(set, {.batch_size = std::min(options.batch_size, set.size()),
                                .shuffle = false,
                                .normalization = options.normalization});
  std::optional<ConfusionMatrix> confusion;
  std::vector<std::int64_t> predictions;
  std::vector<double> confidences;
  RunningMean mean_loss;
  for (std::int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
    const data::Batch batch = loader.next();
    const Variable outputs = model(batch.input());
    check_outputs("evaluate", outputs.value(), batch.rows);
    check_labels(batch.target(), static_cast<std::int64_t>(predictions.size()), outputs.size(1));
    mean_loss.add(loss(batch.target(), outputs).value().item(),
                  loss.weight(batch.target(), outputs).value_or(static_cast<double>(batch.rows)));
    if (!confusion) {
      confusion.emplace(outputs.size(1));
    }
    const Tensor predicted = kernels::argmax(outputs.value());
    confusion->add(batch.target(), predicted);
    const auto classes = predicted.values<std::int64_t>();
    predictions.insert(predictions.end(), classes.begin(), classes.end());
    const Tensor largest = kernels::max(probabilities(outputs.value(), options.outputs, model), {-1});
    const std::vector<double> found = largest.to_vector();
    confidences.insert(confidences.end(), found.begin(), found.end());
  }
  return {.loss = mean_loss.value(),
          .accuracy = confusion->accuracy(),
          .confusion = *confusion,
          .predictions = std::move(predictions),
          .confidences = std::move(confidences)};
}

Tensor predict(nn::Layer& model, const Tensor& images, const EvaluateOptions& options) {
  check(images.rank() >= 1 && images.size(0) > 0, "predict: needs at least one image, received ", images.shape());
  check_batch_size("predict", options);
  check_not_normalized("predict", options);
  const EvaluationScope scope;
  std::vector<Tensor> outputs;
  for (std::int64_t first = 0, last = 0; first < images.size(0); first = last) {
    last = first + std::min(options.batch_size, images.size(0) - first);
    outputs.push_back(model(images.rows(first, last)).value());
  }
  return kernels::concat(outputs, 0);
}

Tensor predict_probabilities(nn::Layer& model, const Tensor& images, const EvaluateOptions& options) {
  const Tensor outputs = predict(model, images, options);
  check_outputs("predict_probabilities", outputs, images.size(0));
  return probabilities(outputs, options.outputs, model);
}

}  // namespace gibbs::train
