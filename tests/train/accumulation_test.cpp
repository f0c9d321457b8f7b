// Gradient accumulation: k micro-batches, each loss divided by the rows of the whole batch, leave the gradients of one
// batch, dropout included; and clipping them is clipping the batch's.
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::testing {
namespace {

constexpr std::int64_t kRows = 12;

nn::Sequential dropped_out_convnet() {
  using namespace nn;
  Sequential model(Conv2d({.in = 2, .out = 8, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Dropout({.rate = 0.5}),
                   Flatten(), Dense({.in = 32, .out = 6}), ReLU(), Dropout({.rate = 0.5}), Dense({.in = 6, .out = 3}));
  initialize(model, 1);
  to(model, DType::float64);
  return model;
}

/// Adds the gradients of rows [first, last) of the loop's batch to those of the model.
void accumulate(const nn::TrainingLoop& loop, nn::Layer& model, const Tensor& images, const Tensor& labels,
                std::int64_t first, std::int64_t last) {
  const nn::ForwardScope scope = loop.piece(first);
  const Variable logits = model(images.rows(first, last));
  const Variable loss =
      losses::cross_entropy_with_logits(labels.rows(first, last), logits, {.reduction = losses::Reduction::sum});
  backward(loss / static_cast<double>(kRows));
}

std::vector<Tensor> weights_after_a_step(std::int64_t micro_batch) {
  nn::Sequential model = dropped_out_convnet();
  optim::Adam adam(nn::parameters(model));
  const Tensor images = random({kRows, 6, 6, 2}, 9);
  const Tensor labels = Tensor::of({0, 1, 2, 0, 1, 2, 2, 2, 1, 0, 0, 1}, DType::int64);
  nn::TrainingLoop loop({.seed = 5, .step = 3, .first_sample = 100});
  const nn::ForwardScope step = loop.next(kRows);
  for (std::int64_t first = 0; first < kRows; first += micro_batch) {
    accumulate(loop, model, images, labels, first, first + micro_batch);
  }
  nn::clip_gradient_norm(nn::named_parameters(model), 0.1);
  std::vector<Tensor> results;
  for (const auto& [path, parameter] : nn::parameters(model)) {
    results.push_back(parameter.gradient());
  }
  adam.step();
  for (const auto& [path, parameter] : nn::parameters(model)) {
    results.push_back(parameter.value());
  }
  return results;
}

TEST(Accumulation, OfMicroBatchesEqualsOneBatch) {
  const std::vector<Tensor> whole = weights_after_a_step(kRows);
  for (const std::int64_t micro_batch : {1, 3, 6}) {
    const std::vector<Tensor> parts = weights_after_a_step(micro_batch);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_TRUE(near(parts[i], whole[i], 1e-12)) << "tensor " << i << ", micro-batches of " << micro_batch;
    }
  }
}

}  // namespace
}  // namespace gibbs::testing
