#include "gibbs/train/task.h"

#include "gibbs/autograd/profile.h"

namespace gibbs::train {
namespace {

Task<nn::Layer> compare_with_target(const char* name, LossFunction loss, Metrics metrics) {
  check(static_cast<bool>(loss), name,
        ": there is no loss function; give one, such as losses::", "cross_entropy_with_logits");
  const auto run = [loss = std::move(loss)](nn::Layer& model, const data::Batch& batch) -> Outcome {
    const Variable y = model(batch.input());
    const ProfileSpan span("loss");
    return {.loss = loss(batch.target(), y), .weight = loss.weight(batch.target(), y), .outputs = {y}};
  };
  return {run, std::move(metrics)};
}

}  // namespace

Task<nn::Layer> classification(LossFunction loss) {
  const auto accuracy = std::make_shared<Accuracy>(loss.ignore_index());
  return compare_with_target("classification", std::move(loss), {accuracy});
}

Task<nn::Layer> regression(LossFunction loss) { return compare_with_target("regression", std::move(loss), {}); }

}  // namespace gibbs::train
