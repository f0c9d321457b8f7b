// ImageBatches: batches of pictures, uint8 in memory, as float32, with their labels: one input and one target. Random
// changes (augmentation) are made on the way.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gibbs/data/batches.h"
#include "gibbs/data/dataset.h"
#include "gibbs/data/normalization.h"
#include "gibbs/data/transforms.h"

namespace gibbs::data {

/// Those of BatchOptions, and what becomes of pixels.
struct ImageBatchOptions {
  std::int64_t batch_size = 32;
  bool shuffle = true;
  std::uint64_t seed = 0;
  bool drop_last = false;
  /// value = pixel * scale + offset, computed in float64 and rounded once; with a normalization, whose mean and
  /// deviation are of such values, (value - mean) / deviation.
  double scale = 1.0 / 255;
  double offset = 0;
  Normalization normalization = {};
  /// Applied in this order to every picture.
  std::vector<Transform> transforms = {};
};

/// Input: float32 [B, H, W, C]. Target: int64 [B].
class ImageBatches : public IndexedBatches {
 public:
  /// Errors: an invalid dataset, indices that it does not have, an empty set, a batch size under 1 or over the size of
  /// the set, an empty transform, a normalization of other channels.
  ImageBatches(Subset subset, ImageBatchOptions options);

  RunSettings settings() const override;
  /// Names of the classes, size of the pictures, and one checksum each of the pictures in whatever order, of which of
  /// them is of which class, and of their order, at the speed of memory.
  RunSettings digest() const override;

 private:
  void gather(const Tensor& samples, Batch& batch) override;
  Tensor allocate_images() const;
  Tensor allocate_labels() const;
  void reserve_blocks() const;
  /// The picture's pixels, transformed.
  std::span<const std::uint8_t> pixels_of(std::int64_t index, std::int64_t epoch, std::int64_t global_sample);

  Subset subset_;
  ImageBatchOptions options_;
  Shape picture_;                      // [H, W, C]
  std::vector<float> values_;          // what pixels become, by channel
  std::vector<std::uint8_t> scratch_;  // one picture, for the transforms
};

}  // namespace gibbs::data
