// The networks of the examples: their shapes, their sizes as published, and that each learns something from one batch.
#include <gmock/gmock.h>

#include "examples/networks/autoencoder.h"
#include "examples/networks/resnet.h"
#include "examples/networks/separable_convnet.h"
#include "examples/networks/speed_run_convnet.h"
#include "examples/networks/vae.h"
#include "gibbs/gibbs.h"
#include "tests/testing/error_of.h"

namespace gibbs::examples {
namespace {

Tensor pictures() { return kernels::uniform({.seed = 1}, {4, 32, 32, 3}); }

/// The loss before the first step, and after the last of eight on one batch.
std::pair<double, double> losses_of(nn::Module& model, double rate, const std::function<Variable()>& loss) {
  optim::Adam adam(nn::parameters(model), {.learning_rate = rate});
  nn::TrainingLoop loop;
  double first = 0, last = 0;
  for (int step = 0; step < 8; ++step) {
    const nn::ForwardScope scope = loop.next(4);
    adam.clear_gradients();
    const Variable value = loss();
    backward(value);
    adam.step();
    last = value.value().item();
    first = step == 0 ? last : first;
  }
  return {first, last};
}

void expect_classifier(nn::Sequential model, std::int64_t parameters) {
  EXPECT_EQ(nn::parameter_count(model), parameters);
  const Tensor x = pictures(), labels = Tensor::of({0, 1, 2, 3}, DType::int64);
  const auto [first, last] =
      losses_of(model, 1e-3, [&] { return losses::cross_entropy_with_logits(labels, model(x)); });
  EXPECT_LT(last, 0.7 * first);
  const nn::ForwardScope evaluation({});
  EXPECT_EQ(model(x).shape(), (Shape{4, 10}));
}

TEST(Networks, ResNet20HasThePublishedSize) {
  expect_classifier(resnet(0), 272'474);  // 0.27 million in the paper; as counted with projections
  EXPECT_EQ(testing::error_of([] { resnet(0, {.depth = 19}); }),
            "resnet: the depth is 19; three stages of blocks with two convolutions each make 6 n + 2, such as 20");
}

TEST(Networks, TheSpeedRunsConvNet) { expect_classifier(speed_run_convnet(0), 1'972'792); }

TEST(Networks, SeparableConvolutions) { expect_classifier(separable_convnet(0), 136'778); }

TEST(Networks, TheAutoencoderDrawsPicturesAgain) {
  nn::Sequential model = autoencoder(0);
  const Tensor x = pictures();
  EXPECT_EQ(model(x).shape(), x.shape());
  const auto [first, last] = losses_of(model, 1e-3, [&] { return losses::mean_squared_error(x, model(x)); });
  EXPECT_LT(last, first);
}

TEST(Networks, TheVariationalAutoencoderPaysForWhatItSays) {
  VAE model({.pixels = 12, .hidden = 8, .latent = 2});
  nn::initialize(model, 0);
  const Variable x = kernels::uniform({.seed = 1}, {4, 12}), noise = kernels::normal({.seed = 2}, {4, 2}, 0, 1);
  const VAE::Output y = model(x, noise);
  EXPECT_EQ(y.logits.shape(), x.shape());
  const double pixels = 12 * losses::binary_cross_entropy_with_logits(x, y.logits).value().item();
  double divergence = 0;  // 1/2 sum (e^v - 1 - v + m^2), over four pictures
  for (std::int64_t n = 0; n < 4; ++n) {
    for (std::int64_t k = 0; k < 2; ++k) {
      const double v = y.log_variance.value().at({n, k}), m = y.mean.value().at({n, k});
      divergence += (std::exp(v) - 1 - v + m * m) / 8;
    }
  }
  EXPECT_NEAR(vae_loss(x, y).value().item(), pixels + divergence, 1e-5);
  const auto [first, last] = losses_of(model, 1e-2, [&] { return vae_loss(x, model(x, noise)); });
  EXPECT_LT(last, first);
}

}  // namespace
}  // namespace gibbs::examples
