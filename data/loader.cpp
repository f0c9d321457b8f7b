#include "gibbs/data/loader.h"

#include <system_error>
#include <utility>

namespace gibbs::data {

DataLoader::DataLoader(const Subset& subset, const ImageBatchOptions& options, BatchPosition start)
    : DataLoader(std::make_unique<ImageBatches>(subset, options), start) {}

DataLoader::DataLoader(std::unique_ptr<Batches> owned, BatchPosition start) : DataLoader(*owned, start) {
  owned_ = std::move(owned);
}

DataLoader::DataLoader(Batches& batches, BatchPosition start) : batches_(batches), next_(start) {
  const std::int64_t last = batches.batches_per_epoch();
  check(last >= 1, "DataLoader: an epoch of these batches has ", last, "; there must be at least one");
  check(start.epoch >= 0 && start.batch >= 0 && start.batch <= last, "DataLoader: cannot start at batch ", start.batch,
        " of epoch ", start.epoch, "; an epoch has ", last, " batches");
  if (start.batch == last) {
    next_ = {.epoch = start.epoch + 1, .batch = 0};
  }
  try {
    worker_ = std::thread([this, first = next_] { work(first); });
  } catch (const std::system_error& error) {
    fail("DataLoader: the thread that makes batches ahead cannot be started: ", error.what(),
         "; raise the limit (ulimit -u, ulimit -v)");
  }
}

DataLoader::~DataLoader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  worker_.join();
}

Batch DataLoader::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_ || error_; });
  if (!ready_) {
    std::rethrow_exception(error_);
  }
  Batch batch = std::move(*ready_);
  ready_.reset();
  lock.unlock();
  changed_.notify_all();
  next_ = batches_.after(batch.position);
  return batch;
}

void DataLoader::work(BatchPosition position) {
  try {
    for (bool wanted = true; wanted; position = batches_.after(position)) {
      Batch batch = batches_.make(position);
      check(batch.rows >= 1, "DataLoader: batch ", position.batch, " of epoch ", position.epoch, " has ", batch.rows,
            " rows; Batches::make must set them, at least one");
      batch.position = position;
      batch.last_of_epoch = position.batch + 1 == batches_.batches_per_epoch();
      wanted = deliver(std::move(batch));
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    error_ = std::current_exception();
    changed_.notify_all();
  }
}

bool DataLoader::deliver(Batch batch) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_ || stopping_; });
    if (stopping_) {
      return false;
    }
    ready_ = std::move(batch);
  }
  changed_.notify_all();
  return true;
}

}  // namespace gibbs::data
