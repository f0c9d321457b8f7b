#include "gibbs/data/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "gibbs/io/checksum.h"

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

void check_weights(const char* name, std::int64_t samples, const BatchOptions& options) {
  const std::vector<double>& weights = options.weights;
  check(weights.empty() || std::ssize(weights) == samples, name, ": there are ", weights.size(), " weights for ",
        samples, " samples; give one for each");
  check(weights.empty() || options.shuffle, name, ": samples with weights come in random order; leave shuffle true");
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    check(std::isfinite(weights[i]) && weights[i] >= 0, name, ": weight ", i, " is ", weights[i],
          "; weights must be finite and at least 0");
    sum += weights[i];
  }
  check(weights.empty() || (std::isfinite(sum) && sum > 0), name, ": the sum of the weights is ", sum,
        "; it must be finite and above 0");
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
  check_weights(name, samples, options);
}

std::int64_t IndexedBatches::batches_per_epoch() const {
  const std::int64_t whole = samples_ / options_.batch_size;
  const bool short_one = samples_ % options_.batch_size != 0 && !options_.drop_last;
  return whole + (short_one ? 1 : 0);
}

Tensor weighted_order(const std::vector<double>& weights, const RandomKey& key) {
  const auto n = static_cast<std::int64_t>(weights.size());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  // The samples, mixed, lie side by side on a line of length N, each as long as it is to come often; a comb with teeth
  // at u, 1 + u, 2 + u ... meets each of them that often (systematic sampling).
  const Tensor mixed = kernels::permutation(key.derive("line"), n),
               places = kernels::permutation(key.derive("places"), n);
  Tensor order = Tensor::uninitialized({n}, DType::int64);
  const auto *sample = mixed.data<std::int64_t>(), *place = places.data<std::int64_t>();
  auto* to = order.mutable_data<std::int64_t>();
  const double u = random_uniform(key.derive("comb"), 0);
  double end = 0;
  std::int64_t teeth = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    end += weights[static_cast<std::size_t>(sample[i])] / sum * static_cast<double>(n);
    for (; teeth < n && static_cast<double>(teeth) + u < end; ++teeth) {
      to[place[teeth]] = sample[i];
    }
  }
  for (; teeth < n; ++teeth) {  // the sum of rounded lengths ended before the last tooth
    to[place[teeth]] =
        *std::find_if(sample, sample + n, [&](std::int64_t s) { return weights[static_cast<std::size_t>(s)] > 0; });
  }
  return order;
}

std::vector<double> balanced_weights(const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, double> counts;
  for (const std::int64_t label : labels) {
    ++counts[label];
  }
  std::vector<double> weights;
  for (const std::int64_t label : labels) {
    weights.push_back(1 / counts[label]);
  }
  return weights;
}

const Tensor& IndexedBatches::order_of(std::int64_t epoch) {
  if (options_.shuffle && order_epoch_ != epoch) {
    order_ = Tensor();  // its block serves the next order
    const RandomKey key = RandomKey{.seed = options_.seed}.derive("shuffle");
    const RandomKey of_epoch = key.derive(static_cast<std::uint64_t>(epoch));
    order_ = options_.weights.empty() ? kernels::permutation(of_epoch, samples_)
                                      : weighted_order(options_.weights, of_epoch);
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
  const std::vector<double>& weights = options_.weights;
  const std::string order =
      weights.empty()
          ? "shuffled"
          : "weighted by " + io::checksum_text(io::checksum_of(weights.data(), weights.size() * sizeof(double))) +
                " and shuffled";
  return {{"samples", fmt::format("{}", samples_)},
          {"batch size", fmt::format("{}", options_.batch_size)},
          {"order", !options_.shuffle ? "as given" : fmt::format("{} by seed {}", order, options_.seed)},
          {"short last batch", options_.drop_last ? "left out" : "used"}};
}

}  // namespace gibbs::data
