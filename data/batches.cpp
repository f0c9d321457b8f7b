#include "gibbs/data/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gibbs/tensor/random.h"

namespace gibbs::data {
namespace {

const Tensor& only(const std::vector<Tensor>& tensors, const char* what) {
  check(tensors.size() == 1, "Batch: has ", tensors.size(), " ", what, "s, and ", what, "() is the only one; take ",
        what, "s[i]");
  return tensors.front();
}

void check_gathered(const char* name, const Batch& batch, std::int64_t rows) {
  check(batch.rows == rows, name, ": gather() changed the batch's rows from ", rows, " to ", batch.rows,
        "; fill inputs and targets only");
  for (const auto& [what, tensors] : {std::pair("input", &batch.inputs), std::pair("target", &batch.targets)}) {
    for (const Tensor& tensor : *tensors) {
      check(tensor.rank() >= 1 && tensor.size(0) == rows, name, ": gather() gave the ", what, " ", tensor.shape(),
            " for ", rows, " samples; the first axis must be the samples");
    }
  }
}

}  // namespace

const Tensor& Batch::input() const { return only(inputs, "input"); }

const Tensor& Batch::target() const { return only(targets, "target"); }

Batch piece(const Batch& batch, std::int64_t i, std::int64_t pieces) {
  check(pieces >= 1 && i >= 0 && i < pieces, "piece: there is no piece ", i, " of ", pieces);
  const std::int64_t first = i * batch.rows / pieces, last = (i + 1) * batch.rows / pieces;
  Batch part = batch;
  for (std::vector<Tensor>* tensors : {&part.inputs, &part.targets}) {
    for (Tensor& tensor : *tensors) {
      check(tensor.rank() >= 1 && tensor.size(0) == batch.rows, "piece: a batch of ", batch.rows,
            " rows holds a tensor ", tensor.shape(), "; the first axis of each must be its rows");
      tensor = tensor.rows(first, last);
    }
  }
  part.first_sample += first;
  part.rows = last - first;
  return part;
}

BatchPosition Batches::after(const BatchPosition& position) const {
  const std::int64_t next = position.batch + 1;
  return next < batches_per_epoch() ? BatchPosition{position.epoch, next} : BatchPosition{position.epoch + 1, 0};
}

IndexedBatches::IndexedBatches(const char* name, std::int64_t samples, const BatchOptions& options)
    : name_(name), samples_(samples), options_(options) {
  check(samples > 0, name, ": the set is empty; give at least one sample");
  check(options.batch_size >= 1, name, ": the batch size must be at least 1, it is ", options.batch_size);
  check(options.batch_size <= samples, name, ": the batch size ", options.batch_size, " is larger than the set of ",
        samples, "; use at most ", samples);
}

std::int64_t IndexedBatches::batches_per_epoch() const {
  const std::int64_t whole = samples_ / options_.batch_size;
  const bool short_one = samples_ % options_.batch_size != 0 && !options_.drop_last;
  return whole + (short_one ? 1 : 0);
}

const Tensor& IndexedBatches::order_of(std::int64_t epoch) {
  if (options_.shuffle && order_epoch_ != epoch) {
    order_ = Tensor();  // its block serves the next order
    const RandomKey key = RandomKey{.seed = options_.seed}.derive("shuffle");
    order_ = kernels::permutation(key.derive(static_cast<std::uint64_t>(epoch)), samples_);
    order_epoch_ = epoch;
  } else if (!order_.defined()) {
    order_ = Tensor::arange(0, static_cast<double>(samples_), 1, DType::int64);
  }
  return order_;
}

Batch IndexedBatches::make(const BatchPosition& position) {
  check(position.epoch >= 0 && position.batch >= 0 && position.batch < batches_per_epoch(), name_, ": no batch ",
        position.batch, " of epoch ", position.epoch, "; an epoch has ", batches_per_epoch(), " batches");
  const std::int64_t first = position.batch * options_.batch_size;
  const std::int64_t rows = std::min(options_.batch_size, samples_ - first);
  Batch batch{.position = position,
              .first_sample = position.epoch * samples_ + first,
              .rows = rows,
              .last_of_epoch = position.batch + 1 == batches_per_epoch()};
  gather(order_of(position.epoch).rows(first, first + rows), batch);
  check_gathered(name_, batch, rows);
  return batch;
}

RunSettings IndexedBatches::settings() const {
  return {{"samples", fmt::format("{}", samples_)},
          {"batch size", fmt::format("{}", options_.batch_size)},
          {"order", options_.shuffle ? fmt::format("shuffled by seed {}", options_.seed) : "as given"},
          {"short last batch", options_.drop_last ? "left out" : "used"}};
}

}  // namespace gibbs::data
