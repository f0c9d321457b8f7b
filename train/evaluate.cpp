#include "gibbs/train/evaluate.h"

#include <algorithm>

#include "gibbs/data/loader.h"
#include "gibbs/tensor/kernels/layout.h"
#include "gibbs/tensor/kernels/ordering.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/tensor/kernels/softmax.h"

namespace gibbs::train {

Evaluation evaluate(nn::Module& model, const LossFunction& loss, const data::Subset& set,
                    const EvaluateOptions& options) {
  const NoTape no_tape;
  data::DataLoader loader(set, {.batch_size = std::min(options.batch_size, set.size()), .shuffle = false});
  Evaluation result{.confusion = ConfusionMatrix(set.dataset.classes()), .predictions = {}, .confidences = {}};
  RunningMean mean_loss;
  for (std::int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
    const data::Batch batch = loader.next();
    const Variable logits = model(batch.images);
    mean_loss.add(loss(batch.labels, logits).value().item(), batch.size());
    const Tensor predictions = kernels::argmax(logits.value());
    const auto predicted = predictions.values<std::int64_t>();
    const std::vector<double> confidences = kernels::max(kernels::softmax(logits.value()), {-1}).to_vector();
    result.confusion.add(batch.labels, predictions);
    result.predictions.insert(result.predictions.end(), predicted.begin(), predicted.end());
    result.confidences.insert(result.confidences.end(), confidences.begin(), confidences.end());
  }
  result.loss = mean_loss.value();
  result.accuracy = result.confusion.accuracy();
  return result;
}

Tensor predict(nn::Module& model, const Tensor& images, const EvaluateOptions& options) {
  check(images.rank() >= 1 && images.size(0) > 0, "predict: needs at least one image, received ", images.shape());
  const NoTape no_tape;
  std::vector<Tensor> logits;
  for (std::int64_t first = 0; first < images.size(0); first += options.batch_size) {
    const std::int64_t last = std::min(images.size(0), first + options.batch_size);
    logits.push_back(model(images.rows(first, last)).value());
  }
  return kernels::concat(logits, 0);
}

}  // namespace gibbs::train
