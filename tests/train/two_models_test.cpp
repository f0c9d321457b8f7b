// Two models trained at once, each from its own thread, get the weights they get one after the other: no state is
// shared but the pool of threads and the pool of memory.
#include <thread>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "gibbs/tensor/random.h"
#include "tests/testing/near.h"

namespace gibbs::testing {
namespace {

/// Twelve steps with dropout, convolutions wide enough to be cut into pieces, and a gradient penalty's second
/// derivative at every fourth step; the digest of the weights.
std::string trained(std::uint64_t seed) {
  using namespace nn;
  Sequential model(Conv2d({.in = 3, .out = 16, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Dropout({.rate = 0.5}),
                   Flatten(), Dense({.in = 784, .out = 64}), ReLU(), Dense({.in = 64, .out = 10}));
  initialize(model, seed);
  optim::Adam adam(parameters(model));
  for (std::uint64_t step = 0; step < 12; ++step) {
    const Tensor images = kernels::normal(RandomKey{.seed = seed}.derive(step), {32, 16, 16, 3});
    Tensor labels = Tensor::zeros({32}, DType::int64);
    for (std::int64_t n = 0; n < 32; ++n) {
      labels.set({n}, static_cast<double>((n * 7 + static_cast<std::int64_t>(step)) % 10));
    }
    const ForwardScope scope({.training = true, .seed = seed, .step = step});
    const Variable x = Variable::leaf(images), logits = model(x);
    Variable loss = seed % 2 == 0 ? losses::cross_entropy_with_logits(labels, logits)
                                  : losses::kl_divergence_with_logits(labels, logits);
    if (step % 4 == 0) {
      const Variable dx = grad(loss, {x}, {.create_graph = true})[0];
      loss = loss + sum(dx * dx);
    }
    adam.clear_gradients();
    backward(loss);
    adam.step();
  }
  return weights_sha256(model);
}

TEST(TwoModels, TrainedAtOnceHaveTheBitsOfOneAfterTheOther) {
  const std::string first = trained(2), second = trained(3);
  EXPECT_NE(first, second);
  for (int round = 0; round < 3; ++round) {
    std::string first_at_once, second_at_once;
    std::thread other([&] { second_at_once = trained(3); });
    first_at_once = trained(2);
    other.join();
    EXPECT_EQ(first_at_once, first);
    EXPECT_EQ(second_at_once, second);
  }
}

}  // namespace
}  // namespace gibbs::testing
