// Mixup and cutmix in fit: what is mixed is mixed again after a resume, and both losses learn from it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/data/image_batches.h"
#include "gibbs/data/mixing.h"
#include "gibbs/losses/kl_divergence.h"
#include "tests/testing/temporary_folder.h"
#include "tests/train/fitting.h"

namespace gibbs::train {
namespace {

/// Mixed targets are distributions: both losses take them, the run resumes, and pieces of a batch are mixed as the
/// whole is.
TEST(FitMixing, MixesPicturesAndResumesWithTheSameBits) {
  const auto options_of = [](Fitting& scene) {
    FitOptions options = scene.options(3);
    options.mixing = {.mixup = 0.4, .cutmix = 1};
    return options;
  };
  Fitting whole, plain;
  const FitResult expected = whole.fit(options_of(whole));
  EXPECT_GT(expected.history.epochs[0]["accuracy"], 0.1);
  plain.fit(plain.options(3));
  EXPECT_NE(whole.weights(), plain.weights());
  for (std::int64_t step : {5, 10}) {
    const gibbs::testing::TemporaryFolder folder;
    Fitting first, second;
    FitOptions options = options_of(first);
    options.checkpoint = folder / "checkpoint.safetensors";
    InterruptAt interrupt(step);
    first.fit(options, {&interrupt});
    options.resume = true;
    Callback nothing;
    const FitResult resumed = second.fit(options, {&nothing});
    EXPECT_EQ(second.weights(), whole.weights()) << "interrupted at step " << step;
    EXPECT_EQ(resumed.history.epochs[2]["accuracy"], expected.history.epochs[2]["accuracy"]);
    options.mixing.mixup = 0.2;
    EXPECT_THAT([&] { second.fit(options, {&nothing}); },
                ::testing::ThrowsMessage<Error>(::testing::HasSubstr("mixing")));
  }
}

TEST(FitMixing, MixedTargetsGiveCrossEntropyAndDivergenceTheSameGradients) {
  Fitting by_entropy, by_divergence;
  FitOptions options = by_entropy.options(1);
  options.mixing = {.mixup = 1};
  options.shards = 2;
  const FitResult entropy = by_entropy.fit(options);
  const FitResult divergence = train::fit(by_divergence.model, by_divergence.adam, losses::kl_divergence_with_logits,
                                          by_divergence.sets.train, by_divergence.sets.validation, options);
  EXPECT_NEAR(entropy.history.epochs[0]["val_loss"], divergence.history.epochs[0]["val_loss"], 1e-4);
  EXPECT_GT(entropy.history.epochs[0]["loss"], divergence.history.epochs[0]["loss"] + 0.1)
      << "by the entropy of the targets";
}

/// The option is MixedBatches around the pictures' batches, with the run's seed.
TEST(FitMixing, MixesByTheSeedOfTheRun) {
  Fitting by_option, by_hand;
  FitOptions options = by_option.options(2);
  options.mixing = {.mixup = 0.4, .cutmix = 1};
  by_option.fit(options);
  data::ImageBatches pictures(by_hand.sets.train, {.batch_size = 32, .seed = 9});
  data::MixedBatches mixed(pictures, {.mixup = 0.4, .cutmix = 1, .classes = 4}, 9);
  FitOptions rest = by_hand.options(2);
  rest.batch_size.reset();
  train::fit(by_hand.model, by_hand.adam, classification(cross_entropy), mixed, nullptr, rest);
  EXPECT_EQ(by_hand.weights(), by_option.weights());
}

}  // namespace
}  // namespace gibbs::train
