#include "gibbs/data/batch_maker.h"

#include <algorithm>
#include <utility>

#include "gibbs/tensor/random.h"

namespace gibbs::data {
namespace {

/// Batches of a loader that exist at once: being made, ready, in the user's hands, and the one that the user replaces.
constexpr int kLiveBatches = 4;

}  // namespace

BatchMaker::BatchMaker(Subset subset, BatchOptions options) : subset_(std::move(subset)), options_(std::move(options)) {
  check(subset_.size() > 0, "DataLoader: the set is empty");
  validate(subset_.dataset, "DataLoader");
  check(options_.batch_size >= 1, "DataLoader: the batch size must be at least 1, it is ", options_.batch_size);
  check(options_.batch_size <= subset_.size(), "DataLoader: the batch size ", options_.batch_size,
        " is larger than the set of ", subset_.size(), " pictures; use at most ", subset_.size());
  picture_ = subset_.dataset.images.shape().without(0);
  for (std::size_t pixel = 0; pixel < value_of_.size(); ++pixel) {
    value_of_[pixel] = static_cast<float>(static_cast<double>(pixel) * options_.scale + options_.offset);
  }
  scratch_.resize(static_cast<std::size_t>(picture_.numel()));
  reserve_blocks();
}

std::int64_t BatchMaker::batches_per_epoch() const {
  const std::int64_t whole = subset_.size() / options_.batch_size;
  const bool short_one = subset_.size() % options_.batch_size != 0 && !options_.drop_last;
  return whole + (short_one ? 1 : 0);
}

BatchPosition BatchMaker::after(const BatchPosition& position) const {
  const std::int64_t next = position.batch + 1;
  return next < batches_per_epoch() ? BatchPosition{position.epoch, next} : BatchPosition{position.epoch + 1, 0};
}

Tensor BatchMaker::allocate_images() const {
  return Tensor::uninitialized(Shape{options_.batch_size}.followed_by(picture_), DType::float32);
}

Tensor BatchMaker::allocate_labels() const { return Tensor::uninitialized({options_.batch_size}, DType::int64); }

/// Puts blocks for all batches that live at once into the recycling pool, so that a step never asks the system for one.
void BatchMaker::reserve_blocks() const {
  std::array<Tensor, 2 * kLiveBatches> blocks;
  for (int i = 0; i < kLiveBatches; ++i) {
    blocks[2 * i] = allocate_images();
    blocks[2 * i + 1] = allocate_labels();
  }
}

std::int64_t BatchMaker::index_of(std::int64_t epoch, std::int64_t i) {
  if (!options_.shuffle) {
    return subset_.indices[static_cast<std::size_t>(i)];
  }
  if (order_epoch_ != epoch) {
    order_ = Tensor();  // its block serves the next order
    const RandomKey key = RandomKey{.seed = options_.seed}.derive("shuffle");
    order_ = kernels::permutation(key.derive(static_cast<std::uint64_t>(epoch)), subset_.size());
    order_epoch_ = epoch;
  }
  return subset_.indices[static_cast<std::size_t>(order_.data<std::int64_t>()[i])];
}

const std::uint8_t* BatchMaker::pixels_of(std::int64_t index, std::int64_t global_sample) {
  const std::int64_t count = picture_.numel();
  const std::uint8_t* pixels = subset_.dataset.images.data<std::uint8_t>() + index * count;
  if (options_.transforms.empty()) {
    return pixels;
  }
  std::copy(pixels, pixels + count, scratch_.begin());
  const RandomKey key =
      RandomKey{.seed = options_.seed}.derive("transforms").derive(static_cast<std::uint64_t>(global_sample));
  for (std::size_t t = 0; t < options_.transforms.size(); ++t) {
    options_.transforms[t]({scratch_, picture_[0], picture_[1], picture_[2]}, key.derive(t));
  }
  return scratch_.data();
}

Batch BatchMaker::make(const BatchPosition& position) {
  check(position.epoch >= 0 && position.batch >= 0 && position.batch < batches_per_epoch(), "DataLoader: no batch ",
        position.batch, " of epoch ", position.epoch, "; an epoch has ", batches_per_epoch(), " batches");
  const std::int64_t first = position.batch * options_.batch_size;
  const std::int64_t count = std::min(options_.batch_size, subset_.size() - first);
  Batch batch{.images = allocate_images().rows(0, count),  // a short batch uses a block of the same size
              .labels = allocate_labels().rows(0, count),
              .position = position,
              .first_sample = position.epoch * subset_.size() + first,
              .last_of_epoch = position.batch + 1 == batches_per_epoch()};
  auto* values = batch.images.mutable_data<float>();
  auto* labels = batch.labels.mutable_data<std::int64_t>();
  const auto* all_labels = subset_.dataset.labels.data<std::int64_t>();
  const std::int64_t elements = picture_.numel();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t index = index_of(position.epoch, first + i);
    labels[i] = all_labels[index];
    const std::uint8_t* pixels = pixels_of(index, batch.first_sample + i);
    std::transform(pixels, pixels + elements, values + i * elements,
                   [this](std::uint8_t pixel) { return value_of_[pixel]; });
  }
  return batch;
}

}  // namespace gibbs::data
