// BatchMaker: which pictures make batch b of epoch e, and how they become float32. No threads, no state but a cache:
// a batch is a pure function of (subset, options, epoch, batch), which is why a loader can start anywhere.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "gibbs/data/dataset.h"
#include "gibbs/data/transforms.h"

namespace gibbs::data {

/// Batch number `batch` of epoch number `epoch`, both from 0.
struct BatchPosition {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;
  bool operator==(const BatchPosition&) const = default;
};

struct BatchOptions {
  std::int64_t batch_size = 32;
  /// A new order every epoch, which depends on (seed, epoch) alone.
  bool shuffle = true;
  std::uint64_t seed = 0;
  /// Leave out the last batch of an epoch when it is short.
  bool drop_last = false;
  /// value = pixel * scale + offset, computed in float64 and rounded once.
  double scale = 1.0 / 255;
  double offset = 0;
  /// Applied in this order to every picture.
  std::vector<Transform> transforms = {};
};

struct Batch {
  Tensor images;  // float32 [B, H, W, C]
  Tensor labels;  // int64 [B]
  BatchPosition position;
  std::int64_t first_sample = 0;  // of this batch, counted from the start of epoch 0: epoch * N + batch * batch_size
  bool last_of_epoch = false;
  std::int64_t size() const { return labels.size(0); }
};

class BatchMaker {
 public:
  /// Errors: an invalid dataset, an empty set, a batch size under 1 or over the size of the set.
  BatchMaker(Subset subset, BatchOptions options);

  std::int64_t samples() const { return subset_.size(); }
  std::int64_t batches_per_epoch() const;
  /// The batch after this one; the first of the next epoch after the last.
  BatchPosition after(const BatchPosition& position) const;

  Batch make(const BatchPosition& position);

 private:
  Tensor allocate_images() const;
  Tensor allocate_labels() const;
  void reserve_blocks() const;
  /// Index into the dataset of the i-th sample of an epoch.
  std::int64_t index_of(std::int64_t epoch, std::int64_t i);
  /// The picture's pixels, transformed.
  const std::uint8_t* pixels_of(std::int64_t index, std::int64_t global_sample);

  Subset subset_;
  BatchOptions options_;
  Shape picture_;                    // [H, W, C]
  std::array<float, 256> value_of_;  // by pixel
  Tensor order_;                     // of epoch order_epoch_
  std::int64_t order_epoch_ = -1;
  std::vector<std::uint8_t> scratch_;  // one picture, for the transforms
};

}  // namespace gibbs::data
