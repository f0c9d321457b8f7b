// Batches: data as training sees them, one batch after another: tensors that go in, and tensors to compare with what
// comes out. What they are (pictures, rows of numbers, text) is known here and nowhere else in training.
//
// A batch is a pure function of its position, so a run can begin anywhere, and a resumed one sees what the interrupted
// one would have seen. Ready-made: ImageBatches, TensorBatches, TokenWindows. For data of your own derive from
// IndexedBatches, which makes the order of samples, and gather the samples it names; or from Batches, if there are no
// samples to name.
#pragma once

#include <cstdint>
#include <vector>

#include "gibbs/tensor/random.h"
#include "gibbs/tensor/run_settings.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::data {

/// Batch number `batch` of epoch number `epoch`, both from 0.
struct BatchPosition {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;
  bool operator==(const BatchPosition&) const = default;
};

/// Every tensor has one entry of its first axis for each of the batch's rows.
struct Batch {
  std::vector<Tensor> inputs = {}, targets = {};
  BatchPosition position = {};
  std::int64_t first_sample = 0;  // of this batch, counted from the start of epoch 0: epoch * N + batch * batch_size
  std::int64_t rows = 0;
  bool last_of_epoch = false;

  /// The only input, or target. Throws when there are none or several: take inputs[i] then.
  const Tensor& input() const;
  const Tensor& target() const;
};

/// Piece i of `pieces` of a batch: rows [i R / pieces, (i + 1) R / pieces) of R, as views. first_sample counts on.
Batch piece(const Batch& batch, std::int64_t i, std::int64_t pieces);

class Batches {
 public:
  virtual ~Batches() = default;

  /// How many there are, those of a short batch that is left out included.
  virtual std::int64_t samples() const = 0;
  virtual std::int64_t batches_per_epoch() const = 0;
  /// The batch at a position: inputs, targets, rows and first_sample; the DataLoader sets the rest. Called by one
  /// thread at a time, in any order. Errors: a position that no epoch has.
  virtual Batch make(const BatchPosition& position) = 0;

  /// What decides which rows a batch holds: {"batch size", "250"}. A run goes on from a checkpoint with equal ones
  /// only.
  virtual RunSettings settings() const = 0;
  /// The data themselves, as checksums and short texts under names, for the same comparison. Everything is read.
  virtual RunSettings digest() const = 0;

  /// The batch after this one; the first of the next epoch after the last.
  BatchPosition after(const BatchPosition& position) const;
};

struct BatchOptions {
  std::int64_t batch_size = 32;
  /// A new order every epoch, which depends on (seed, epoch) alone.
  bool shuffle = true;
  std::uint64_t seed = 0;
  /// Leave out the last batch of an epoch when it is short.
  bool drop_last = false;
  /// How often each sample is to come, in proportion; one number for each, or none: all alike. See weighted_order.
  std::vector<double> weights = {};
};

/// An order of N numbers of samples, int64 [N]: sample i comes N weights[i] / sum times, rounded down or up at random
/// so that the mean is exact. Equal weights: a permutation. PyTorch's WeightedRandomSampler draws every number
/// independently, with a larger variance.
Tensor weighted_order(const std::vector<double>& weights, const RandomKey& key);

/// Weights under which every class comes equally often: 1 / (how many samples have the label).
std::vector<double> balanced_weights(const std::vector<std::int64_t>& labels);

/// Batches of samples that have numbers, 0 to N - 1: which of them make batch b of epoch e is decided here.
class IndexedBatches : public Batches {
 public:
  std::int64_t samples() const override { return samples_; }
  std::int64_t batches_per_epoch() const override;
  Batch make(const BatchPosition& position) override;
  RunSettings settings() const override;

 protected:
  /// `name` opens the messages. Errors: no samples, a batch size under 1 or over the number of samples, weights of
  /// another number, that are not finite and at least 0 or all 0, or that are not shuffled.
  IndexedBatches(const char* name, std::int64_t samples, const BatchOptions& options);

  /// Fills inputs and targets of a batch with the samples of these numbers, int64 [rows], in this order. Everything
  /// else in it is set.
  virtual void gather(const Tensor& samples, Batch& batch) = 0;
  const BatchOptions& options() const { return options_; }

 private:
  /// The samples of an epoch, in its order.
  const Tensor& order_of(std::int64_t epoch);

  const char* name_;
  std::int64_t samples_;
  BatchOptions options_;
  Tensor order_;  // int64 [N], of epoch order_epoch_
  std::int64_t order_epoch_ = -1;
};

}  // namespace gibbs::data
