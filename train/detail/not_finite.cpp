#include "gibbs/train/detail/not_finite.h"

#include <algorithm>
#include <cmath>

namespace gibbs::train {
namespace {

/// "row 3 of batch 0 of the data has nan in input 0 [32, 5]", of the first such element that `is_wrong`; or nothing.
std::string first_in_data(const data::Batch& batch, bool (*is_wrong)(double)) {
  for (const auto& [what, tensors] : {std::pair("input", &batch.inputs), std::pair("target", &batch.targets)}) {
    for (std::size_t i = 0; i < tensors->size(); ++i) {
      const Tensor& tensor = (*tensors)[i];
      const std::vector<double> numbers = is_floating(tensor.dtype()) ? tensor.to_vector() : std::vector<double>();
      if (const auto wrong = std::ranges::find_if(numbers, is_wrong); wrong != numbers.end()) {
        const std::int64_t row = (wrong - numbers.begin()) * batch.rows / tensor.numel();
        PlainText text;
        text << "row " << row << " of batch " << batch.position.batch << " of the data has " << *wrong << " in " << what
             << " " << i << " " << tensor.shape();
        return text.str();
      }
    }
  }
  return {};
}

}  // namespace

Culprit first_not_finite(const detail::BoundTask& task, nn::ForwardOptions options,
                         const std::function<void(const detail::BoundTask&)>& run) {
  options.check_finite = true;
  const NoTape no_tape;
  const nn::ForwardScope scope(options);
  std::string nan, infinity;
  const auto look = [&](const data::Batch& batch) {
    nan = first_in_data(batch, [](double x) { return std::isnan(x); });
    check(nan.empty(), nan);
    if (infinity.empty()) {
      infinity = first_in_data(batch, [](double x) { return std::isinf(x); });
    }
    return task.run(batch);
  };
  Culprit culprit{.where = "all layers are finite: it appeared in the loss itself"};
  try {
    run({look, task.metrics});
  } catch (const Error& error) {
    culprit = {.where = error.what(), .is_data = !nan.empty()};
  }
  if (!infinity.empty() && !culprit.is_data) {
    culprit.where += "; " + infinity;
  }
  return culprit;
}

}  // namespace gibbs::train
