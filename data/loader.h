// DataLoader: an endless row of batches, each made by a background thread while the one before it is in use.
//
// The thread works alone, outside parallel_for: making a batch takes less than a millisecond, and a training step's own
// parallel loops keep their threads. What a batch holds is the Batches' matter and does not depend on threads at all.
//
//   DataLoader loader(split.train, {.batch_size = 250, .seed = 1});
//   for (std::int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
//     const Batch batch = loader.next();
//     ...
//   }
#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "gibbs/data/image_batches.h"

namespace gibbs::data {

class DataLoader {
 public:
  /// Starts at `start`, for resuming; a position after the last batch of an epoch means the next epoch. The batches
  /// outlive the loader and are used by nobody else meanwhile. Errors: a start that no epoch has.
  explicit DataLoader(Batches& batches, BatchPosition start = {});
  /// A loader of ImageBatches of its own, with their errors.
  DataLoader(const Subset& subset, const ImageBatchOptions& options, BatchPosition start = {});
  DataLoader(const DataLoader&) = delete;
  DataLoader& operator=(const DataLoader&) = delete;
  /// Stops the thread, wherever it is.
  ~DataLoader();

  /// The next batch, from one epoch on into the next. What the thread met with (a transform's exception) is thrown
  /// here, and again by every later call.
  Batch next();

  /// Of the batch that next() gives next: what a checkpoint stores.
  BatchPosition position() const { return next_; }
  std::int64_t batches_per_epoch() const { return batches_.batches_per_epoch(); }
  std::int64_t samples() const { return batches_.samples(); }

 private:
  void work(BatchPosition position);
  /// Hands a batch over when the one before has been taken; false when the loader is being destroyed.
  bool deliver(Batch batch);

  DataLoader(std::unique_ptr<Batches> owned, BatchPosition start);

  std::unique_ptr<Batches> owned_;  // or null
  Batches& batches_;
  BatchPosition next_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Batch> ready_;  // guarded by mutex_, as are the next two
  std::exception_ptr error_;
  bool stopping_ = false;
  std::thread worker_;  // the last member: it uses all others
};

}  // namespace gibbs::data
