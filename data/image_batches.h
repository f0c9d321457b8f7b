// ImageBatches: batches of pictures, uint8 in memory, as float32, with their labels: one input and one target. Random
// changes (augmentation) are made on the way.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gibbs/data/batches.h"
#include "gibbs/data/dataset.h"
#include "gibbs/data/image.h"
#include "gibbs/data/normalization.h"
#include "gibbs/data/transforms.h"

namespace gibbs::data {

/// Those of BatchOptions, and what becomes of pixels.
struct ImageBatchOptions {
  std::int64_t batch_size = 32;
  bool shuffle = true;
  std::uint64_t seed = 0;
  bool drop_last = false;
  std::vector<double> weights = {};
  /// value = pixel * scale + offset, computed in float64 and rounded once; with a normalization, whose mean and
  /// deviation are of such values, (value - mean) / deviation.
  double scale = 1.0 / 255;
  double offset = 0;
  Normalization normalization = {};
  /// Of the pictures in a batch; without it they must have one size, which stays. With it, those that differ become it
  /// first of all: a random piece of each, resized, for training (random_resized_crop says which), or else the largest
  /// piece in the middle that has the shape of `size`, of which the middle share of both sides is taken.
  std::optional<ImageSize> size = std::nullopt;
  std::optional<ResizedCropOptions> random_crop = std::nullopt;
  double middle_share = 1;
  /// Applied in this order to every picture.
  std::vector<Transform> transforms = {};
};

/// Input: float32 [B, H, W, C]. Target: int64 [B].
class ImageBatches : public IndexedBatches {
 public:
  /// Errors: an invalid dataset, indices that it does not have, an empty set, a batch size under 1 or over the size of
  /// the set, an empty transform, a normalization of other channels, pictures that differ in size without `size`, a
  /// size under 1x1, crops without a size.
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
  /// Of all pixels that a picture may have, one size: a piece of it, in `scratch_`.
  void make_size(const Tensor& picture, const RandomKey& key);
  /// The picture's pixels, transformed.
  std::span<const std::uint8_t> pixels_of(std::int64_t index, std::int64_t epoch, std::int64_t global_sample);

  Subset subset_;
  ImageBatchOptions options_;
  Shape picture_;                      // [H, W, C]
  std::vector<float> values_;          // what pixels become, by channel
  std::vector<std::uint8_t> scratch_;  // one picture, for the transforms
};

}  // namespace gibbs::data
