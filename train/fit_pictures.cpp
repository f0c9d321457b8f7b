// fit on pictures and their classes: makes the batches that the options ask for, and hands on to fit on any data.
#include <algorithm>
#include <optional>

#include "gibbs/data/image_batches.h"
#include "gibbs/data/mixing.h"
#include "gibbs/train/detail/fit_arguments.h"
#include "gibbs/train/fit.h"

namespace gibbs::train {

FitResult fit(nn::Layer& model, optim::Optimizer& optimizer, const LossFunction& loss, const data::Subset& train,
              const data::Subset& validation, const FitOptions& options, const Callbacks& callbacks) {
  check(static_cast<bool>(loss), "fit: there is no loss function");
  const std::int64_t batch_size = options.batch_size.value_or(data::ImageBatchOptions().batch_size);
  data::ImageBatches batches(train, {.batch_size = batch_size,
                                     .seed = options.seed,
                                     .normalization = options.normalization,
                                     .transforms = options.transforms});
  std::optional<data::MixedBatches> mixed;
  if (!options.mixing.empty()) {
    data::Mixing mixing = options.mixing;
    mixing.classes = mixing.classes == 0 ? train.dataset.classes() : mixing.classes;
    mixed.emplace(batches, mixing, options.seed);
  }
  std::optional<data::ImageBatches> held_out;
  if (validation.size() > 0) {
    check_same_classes(train.dataset, validation.dataset);
    held_out.emplace(validation, data::ImageBatchOptions{.batch_size = std::min(batch_size, validation.size()),
                                                         .shuffle = false,
                                                         .normalization = options.normalization});
  }
  FitOptions rest = options;
  rest.batch_size.reset();
  rest.transforms.clear();
  rest.mixing = {};
  rest.normalization = {};
  data::Batches& training = mixed ? static_cast<data::Batches&>(*mixed) : batches;
  return fit(model, optimizer, classification(loss), training, held_out ? &*held_out : nullptr, rest, callbacks);
}

}  // namespace gibbs::train
