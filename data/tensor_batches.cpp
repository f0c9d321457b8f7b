#include "gibbs/data/tensor_batches.h"

#include <fmt/format.h>

#include <utility>

#include "gibbs/io/checksum.h"
#include "gibbs/tensor/kernels/indexing.h"

namespace gibbs::data {
namespace {

std::int64_t samples_of(const TensorRows& rows) {
  std::int64_t samples = -1;
  for (const std::vector<Tensor>* tensors : {&rows.inputs, &rows.targets}) {
    for (const Tensor& tensor : *tensors) {
      check(tensor.defined() && tensor.rank() >= 1,
            "TensorBatches: every tensor needs a first axis, the samples; one has none");
      check(samples < 0 || tensor.size(0) == samples, "TensorBatches: one tensor has ", samples, " rows and another ",
            tensor.size(0), ", ", tensor.shape(), "; each sample has one row in every tensor");
      samples = tensor.size(0);
    }
  }
  check(!rows.inputs.empty(), "TensorBatches: there are no inputs");
  return samples;
}

void describe(const char* kind, const std::vector<Tensor>& tensors, RunSettings& settings) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& x = tensors[i];
    const std::string name = fmt::format("{} {}", kind, i);
    settings.emplace_back("form of " + name, fmt::format("{} {}", name_of(x.dtype()), to_string(x.shape())));
    dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const auto bytes = static_cast<std::size_t>(x.numel()) * sizeof(T);
      settings.emplace_back(name, io::checksum_text(io::checksum_of(x.data<T>(), bytes)));
    });
  }
}

}  // namespace

TensorBatches::TensorBatches(TensorRows rows, const BatchOptions& options)
    : IndexedBatches("TensorBatches", samples_of(rows), options), rows_(std::move(rows)) {}

void TensorBatches::gather(const Tensor& samples, Batch& batch) {
  for (const Tensor& x : rows_.inputs) {
    batch.inputs.push_back(kernels::take_rows(x, samples));
  }
  for (const Tensor& x : rows_.targets) {
    batch.targets.push_back(kernels::take_rows(x, samples));
  }
}

RunSettings TensorBatches::digest() const {
  RunSettings settings;
  describe("input", rows_.inputs, settings);
  describe("target", rows_.targets, settings);
  return settings;
}

}  // namespace gibbs::data
