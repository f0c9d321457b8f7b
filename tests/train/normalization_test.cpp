// A normalization reaches training, validation and evaluation alike, and a run goes on with the same one only.
#include "gibbs/data/normalization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/data/drawn.h"
#include "gibbs/data/tensor_batches.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/sgd.h"
#include "gibbs/train/fit.h"
#include "tests/testing/error_of.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

Variable loss_of_logits(const Tensor& labels, const Variable& logits) {
  return losses::cross_entropy_with_logits(labels, logits);
}

struct NormalizedRun {
  data::ImageDataset images = data::drawn_images(40, 3), held_out = data::drawn_images(12, 3, 40);
  data::Normalization normalization = data::measure_normalization(images);
  nn::Sequential model =
      nn::initialized(nn::Sequential{nn::AvgPool2d({.window = 8}), nn::Flatten(), nn::Dense({.in = 48, .out = 10})}, 1);
  optim::SGD sgd{nn::parameters(model), {.learning_rate = 0.1}};

  FitResult fit(const FitOptions& options) {
    FitOptions all = options;
    all.batch_size = 8;
    all.normalization = normalization;
    all.progress = ProgressStyle::silent;
    return train::fit(model, sgd, loss_of_logits, images, held_out, all);
  }
};

TEST(NormalizedFit, IsTrainingOnTheNumbersThatAnyoneGets) {
  NormalizedRun by_fit, by_hand;
  const FitResult result = by_fit.fit({.epochs = 2});
  const auto labelled = [&](const data::ImageDataset& set) {
    return data::TensorRows{.inputs = {data::normalized(set.images, by_hand.normalization)}, .targets = {set.labels}};
  };
  data::TensorBatches rows(labelled(by_hand.images), {.batch_size = 8});
  data::TensorBatches held_out(labelled(by_hand.held_out), {.batch_size = 8, .shuffle = false});
  const FitResult expected = fit(by_hand.model, by_hand.sgd, classification(loss_of_logits), rows, &held_out,
                                 {.epochs = 2, .progress = ProgressStyle::silent});
  EXPECT_EQ(nn::weights_sha256(by_fit.model), nn::weights_sha256(by_hand.model));
  EXPECT_EQ(result.history.epochs.back()["val_loss"], expected.history.epochs.back()["val_loss"]);
  const Evaluation evaluation =
      evaluate(by_fit.model, loss_of_logits, by_fit.held_out, {.normalization = by_fit.normalization});
  EXPECT_NEAR(evaluation.loss, result.history.epochs.back()["val_loss"], 1e-6);
  EXPECT_GT(std::abs(evaluate(by_fit.model, loss_of_logits, by_fit.held_out).loss - evaluation.loss), 1e-2);
}

TEST(NormalizedFit, GoesOnWithTheSameOnly) {
  const testing::TemporaryFolder folder;
  const std::string checkpoint = folder / "checkpoint.safetensors";
  NormalizedRun().fit({.epochs = 1, .checkpoint = checkpoint});
  NormalizedRun other;
  other.normalization = {.mean = {0, 0, 0}, .deviation = {1, 1, 1}};
  EXPECT_THAT(testing::error_of([&] { other.fit({.epochs = 2, .checkpoint = checkpoint, .resume = true}); }),
              ::testing::HasSubstr("normalized by mean 0 0 0 deviation 1 1 1 here"));
  EXPECT_EQ(NormalizedRun().fit({.epochs = 2, .checkpoint = checkpoint, .resume = true}).steps, 10);
}

TEST(NormalizedFit, ImagesThatAreNumbersAreNotNormalizedAgain) {
  NormalizedRun run;
  EXPECT_EQ(testing::error_of([&] {
              predict(run.model, Tensor::zeros({1, 32, 32, 3}), {.normalization = run.normalization});
            }),
            "predict: normalization is for sets of pictures; make numbers of pixels with data::normalized");
}

}  // namespace
}  // namespace gibbs::train
