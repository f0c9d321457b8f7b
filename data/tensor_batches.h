// TensorBatches: batches of anything that is in memory as tensors, one row of each for every sample: a table of
// numbers, sequences of one length with their masks, pairs of pictures.
//
//   TensorBatches rows({.inputs = {features}, .targets = {prices}}, {.batch_size = 64, .seed = 1});
#pragma once

#include <vector>

#include "gibbs/data/batches.h"

namespace gibbs::data {

/// Of any dtypes and shapes, all with the same first axis: the samples.
struct TensorRows {
  std::vector<Tensor> inputs = {}, targets = {};
};

class TensorBatches : public IndexedBatches {
 public:
  /// Errors: no tensors, tensors of different numbers of rows, a batch size under 1 or over the number of rows.
  explicit TensorBatches(TensorRows rows, const BatchOptions& options = {});

  /// Dtype, shape and a checksum of each tensor.
  RunSettings digest() const override;

 private:
  void gather(const Tensor& samples, Batch& batch) override;

  TensorRows rows_;
};

}  // namespace gibbs::data
