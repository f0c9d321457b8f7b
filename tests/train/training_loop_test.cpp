// A loop of one's own that counts with nn::TrainingLoop is fit, to the bit: dropout included, with a last batch that is
// smaller, and over the end of an epoch.
#include "gibbs/nn/training_loop.h"

#include "gibbs/autograd/grad.h"
#include "gibbs/data/drawn.h"
#include "gibbs/data/loader.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/sgd.h"
#include "gibbs/train/fit.h"
#include "tests/testing/expect_op.h"

namespace gibbs::train {
namespace {

constexpr std::uint64_t kSeed = 4;
constexpr std::int64_t kBatchSize = 8;

nn::Sequential small_model() {
  nn::Sequential model{nn::AvgPool2d({.window = 8}), nn::Flatten(), nn::Dropout({.rate = 0.5}),
                       nn::Dense({.in = 48, .out = 10})};
  nn::initialize(model, 1);
  return model;
}

Variable loss_of(const Tensor& labels, const Variable& logits) {
  return losses::cross_entropy_with_logits(labels, logits);
}

TEST(TrainingLoop, OfOnesOwnIsFit) {
  const data::ImageDataset images = data::drawn_images(20, 3);  // batches of 8, 8 and 4
  nn::Sequential fitted = small_model();
  optim::SGD of_fit(nn::parameters(fitted), {.learning_rate = 0.1});
  fit(fitted, of_fit, loss_of, images, {},
      {.epochs = 2, .batch_size = kBatchSize, .seed = kSeed, .progress = ProgressStyle::silent});

  nn::Sequential own = small_model();
  optim::SGD sgd(nn::parameters(own), {.learning_rate = 0.1});
  data::DataLoader loader(images, {.batch_size = kBatchSize, .seed = kSeed});
  nn::TrainingLoop loop({.seed = kSeed});
  for (int step = 0; step < 6; ++step) {
    const data::Batch batch = loader.next();
    EXPECT_EQ(loop.first_sample(), static_cast<std::uint64_t>(batch.first_sample));
    const nn::ForwardScope scope = loop.next(batch.rows);
    const Variable loss = loss_of(batch.target(), own(batch.input()));
    sgd.clear_gradients();
    backward(loss);
    sgd.step();
  }
  EXPECT_EQ(nn::weights_sha256(own), nn::weights_sha256(fitted));
}

}  // namespace
}  // namespace gibbs::train
