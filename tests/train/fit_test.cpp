// The training loop: that it learns, that it resumes with the same bits wherever it was interrupted, and what it says
// when it fails.
#include "gibbs/train/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <span>
#include <sstream>

#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "gibbs/tensor/parallel.h"
#include "tests/testing/temporary_folder.h"
#include "tests/train/fitting.h"

namespace gibbs::train {
namespace {

TEST(Fit, Learns) {
  Fitting scene;
  const FitResult result = scene.fit(scene.options(15));
  ASSERT_EQ(result.history.epochs.size(), 15U);
  EXPECT_EQ(result.steps, 15 * 7);
  EXPECT_GT(result.median_step_seconds, 0);
  EXPECT_GT(result.epoch_over_steps, 1);
  EXPECT_GT(result.validation_rows_per_second, 0);
  EXPECT_LT(result.history.epochs.back()["loss"], result.history.epochs.front()["loss"]);
  EXPECT_GT(result.history.epochs.back()["val_accuracy"], 0.9);
  EXPECT_THAT(scene.log.str(), ::testing::HasSubstr("Epoch 15/15 - "));
}

TEST(Fit, ReportsTheLossAndAccuracyThatEvaluateFinds) {
  Fitting scene;
  const FitResult result = scene.fit(scene.options(1));
  const Evaluation evaluation = evaluate(scene.model, cross_entropy, scene.sets.validation, {.batch_size = 7});
  EXPECT_NEAR(result.history.epochs[0]["val_loss"], evaluation.loss, 1e-6);
  EXPECT_EQ(result.history.epochs[0]["val_accuracy"], evaluation.accuracy);
}

TEST(Fit, GivesTheSameBitsOnAnyNumberOfThreads) {
  const int before = num_threads();
  std::string expected;
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    Fitting scene;
    scene.fit(scene.options(2));
    expected = expected.empty() ? scene.weights() : expected;
    EXPECT_EQ(scene.weights(), expected) << threads << " threads";
  }
  set_num_threads(before);
}

TEST(Fit, ResumesWithTheSameBitsWhereverItWasInterrupted) {
  Fitting whole;
  EarlyStopping patience({.patience = 50});
  const FitResult expected = whole.fit(whole.options(3), {&patience});
  for (std::int64_t step : {1, 5, 7, 10, 20}) {
    const gibbs::testing::TemporaryFolder folder;
    Fitting first;
    FitOptions options = first.options(3);
    options.checkpoint = folder / "checkpoint.safetensors";
    InterruptAt interrupt(step);
    const FitResult stopped = first.fit(options, {&interrupt});
    EXPECT_TRUE(stopped.interrupted);
    EXPECT_EQ(stopped.steps, step);

    Fitting second;
    options.resume = true;
    options.out = &second.log;
    EarlyStopping harmless({.patience = 50});
    Callback nothing;
    const FitResult resumed = second.fit(options, {&nothing});
    EXPECT_EQ(second.weights(), whole.weights()) << "interrupted at step " << step;
    ASSERT_EQ(resumed.history.epochs.size(), 3U);
    EXPECT_EQ(resumed.history.epochs[2]["loss"], expected.history.epochs[2]["loss"]);
    EXPECT_EQ(resumed.history.epochs[2]["val_loss"], expected.history.epochs[2]["val_loss"]);
  }
}

/// One run of 3 epochs to the end, and one that is interrupted after each of several steps and resumed.
void expect_same_bits_with(Per per, const optim::Schedule& rate) {
  const auto fit = [&](Fitting& scene, const FitOptions& options, Callback& interrupt) {
    LearningRateSchedule schedule(rate, {.per = per});
    return scene.fit(options, {&schedule, &interrupt});
  };
  Callback nothing;
  Fitting whole, without;
  fit(whole, whole.options(3), nothing);
  without.fit(without.options(3));
  EXPECT_NE(whole.weights(), without.weights()) << "the schedule must matter";
  for (std::int64_t step : {1, 5, 7, 10, 20}) {
    const gibbs::testing::TemporaryFolder folder;
    Fitting first, second;
    FitOptions options = first.options(3);
    options.checkpoint = folder / "checkpoint.safetensors";
    InterruptAt interrupt(step);
    EXPECT_EQ(fit(first, options, interrupt).steps, step);
    options.resume = true;
    fit(second, options, nothing);
    EXPECT_EQ(second.weights(), whole.weights()) << "interrupted at step " << step;
    EXPECT_EQ(second.adam.learning_rate(), whole.adam.learning_rate());
  }
}

TEST(Fit, ResumesWithTheSameRatesPerStep) {
  expect_same_bits_with(Per::step, optim::warm_up(4, optim::cosine({.rate = 0.02, .length = 17})));
}

TEST(Fit, ResumesWithTheSameRatesPerEpoch) {
  expect_same_bits_with(Per::epoch, optim::step_decay({.rate = 0.02, .factor = 0.5, .every = 1}));
}

TEST(Fit, ASchedulesFirstCountIsZero) {
  for (Per per : {Per::epoch, Per::step}) {
    std::vector<std::int64_t> counts;
    LearningRateSchedule schedule(
        [&](std::int64_t count) {
          counts.push_back(count);
          return 0.01;
        },
        {.per = per});
    Fitting scene;
    const FitResult result = scene.fit(scene.options(2), {&schedule});
    const auto expected = static_cast<std::size_t>(per == Per::epoch ? 2 : result.steps);
    ASSERT_EQ(counts.size(), expected);
    for (std::size_t i = 0; i < expected; ++i) {
      EXPECT_EQ(counts[i], static_cast<std::int64_t>(i));
    }
  }
}

TEST(Fit, CallsCallbacksInTheirOrder) {
  struct Diary : Callback {
    std::string text;
    void on_fit_begin(FitState& state) override { text += state.validates ? "fit, " : "fit without validation, "; }
    void on_epoch_begin(FitState& state) override { text += "epoch " + std::to_string(state.epoch) + ": "; }
    void on_step_begin(FitState& state) override { text += std::to_string(state.step) + "-"; }
    void on_step_end(FitState& state) override { text += std::to_string(state.step) + " "; }
    void on_epoch_end(FitState& state) override { text += "end of " + std::to_string(state.epoch) + ", "; }
  };
  Fitting scene;
  FitOptions options = scene.options(2);
  options.batch_size = 100;
  Diary with, without;
  scene.fit(options, {&with});
  const std::string epochs = "epoch 1: 0-1 1-2 end of 1, epoch 2: 2-3 3-4 end of 2, ";
  EXPECT_EQ(with.text, "fit, " + epochs);
  scene.sets.validation = {};
  scene.fit(options, {&without});
  EXPECT_EQ(without.text, "fit without validation, " + epochs);
}

TEST(Fit, AMonitorOfWhatIsNotThereEndsTheRunBeforeItsFirstStep) {
  Fitting scene;
  scene.sets.validation = {};
  const std::string before = scene.weights();
  EarlyStopping stopping({});
  EXPECT_THAT(
      [&] { scene.fit(scene.options(2), {&stopping}); },
      ::testing::ThrowsMessage<Error>("EarlyStopping: monitors val_loss, but fit has no validation data; give some, or "
                                      "say .monitor = {.name = \"loss\"}"));
  EXPECT_EQ(scene.weights(), before);
  EarlyStopping of_loss({.monitor = {.name = "loss"}});
  EXPECT_EQ(scene.fit(scene.options(2), {&of_loss}).history.epochs.size(), 2U);
}

TEST(Fit, AResumedRunRefusesCallbacksInAnotherOrder) {
  const gibbs::testing::TemporaryFolder folder;
  EarlyStopping stopping({});
  BestWeights best({.path = folder / "best.safetensors"});
  Fitting scene;
  FitOptions options = scene.options(1);
  options.checkpoint = folder / "checkpoint.safetensors";
  scene.fit(options, {&stopping, &best});
  options.resume = true;
  EXPECT_THAT(
      [&] {
        scene.fit(options, {&best, &stopping});
      },
      ::testing::ThrowsMessage<Error>(::testing::MatchesRegex(
          "checkpoint: .* does not fit callback 1 of 2: BestWeights: cannot restore from 'EarlyStopping val_loss "
          "[0-9.]+ 0', which is not of one that monitors val_loss; give the callbacks that the interrupted run had, in "
          "its order")));
  scene.fit(options, {&stopping, &best});
}

TEST(Fit, AValidationSetMayLackTheLastClasses) {
  Fitting scene;
  data::ImageDataset fewer = bright_quarters(40);
  for (std::int64_t& label : std::span(fewer.labels.mutable_data<std::int64_t>(), 40)) {
    label %= 2;
  }
  fewer.class_names.resize(2);
  scene.sets.validation = fewer;
  const FitResult result = scene.fit(scene.options(1));
  EXPECT_GE(result.history.epochs[0]["val_accuracy"], 0);
}

TEST(Fit, ResumingAFinishedRunChangesNothing) {
  const gibbs::testing::TemporaryFolder folder;
  Fitting scene;
  FitOptions options = scene.options(2);
  options.checkpoint = folder / "checkpoint.safetensors";
  scene.fit(options);
  Fitting again;
  options.resume = true;
  options.out = &again.log;
  const FitResult result = again.fit(options);
  EXPECT_EQ(again.weights(), scene.weights());
  EXPECT_EQ(result.steps, 14);
  EXPECT_EQ(result.history.epochs.size(), 2U);
  EXPECT_EQ(again.log.str(), "All 2 epochs are done already\n");
}

TEST(Fit, ARunThatHasGoneFurtherIsNotTheOneAskedFor) {
  const gibbs::testing::TemporaryFolder folder;
  Fitting scene;
  FitOptions options = scene.options(3);
  options.checkpoint = folder / "checkpoint.safetensors";
  InterruptAt interrupt(7 + 2);
  scene.fit(options, {&interrupt});
  options.resume = true;
  options.epochs = 1;
  Callback nothing;
  EXPECT_THAT([&] { Fitting().fit(options, {&nothing}); },
              ::testing::ThrowsMessage<Error>("fit: " + options.checkpoint.string() +
                                              " is in epoch 2, beyond the 1 that are asked for; ask for at least 2, or "
                                              "begin anew"));
  options.epochs = 2;
  EXPECT_EQ(Fitting().fit(options, {&nothing}).steps, 14);
}

TEST(Fit, RefusesTheCheckpointOfAnotherRun) {
  const gibbs::testing::TemporaryFolder folder;
  Fitting scene;
  FitOptions options = scene.options(1);
  options.checkpoint = folder / "checkpoint.safetensors";
  scene.fit(options);
  options.resume = true;
  options.seed = 10;
  options.settings = {{"loss", "kl"}};
  EXPECT_THAT(
      [&] { scene.fit(options); },
      ::testing::ThrowsMessage<Error>(::testing::HasSubstr(
          "belongs to another run: seed is 9 in the checkpoint and 10 here, training order is shuffled by seed 9 in "
          "the "
          "checkpoint and shuffled by seed 10 here, loss is not set in the checkpoint and kl here; give the same "
          "options, or another folder")));
}

/// Spoils the last layer after a given step, as a far too large learning rate would.
class SpoilAt : public Callback {
 public:
  explicit SpoilAt(std::int64_t step) : step_(step) {}
  void on_step_end(FitState& state) override {
    if (state.step == step_) {
      nn::parameters(state.model)[4].item.mutable_value().fill(std::numeric_limits<double>::quiet_NaN());
    }
  }

 private:
  std::int64_t step_;
};

/// Trains with the weights spoilt after a step (an epoch has 7), and checks that the good epoch, if any, is kept.
void expect_failure(std::int64_t step, const std::string& message, bool has_checkpoint) {
  const gibbs::testing::TemporaryFolder folder;
  Fitting scene;
  FitOptions options = scene.options(3);
  options.checkpoint = folder / "checkpoint.safetensors";
  SpoilAt spoil(step);
  EXPECT_THAT(
      [&] { scene.fit(options, {&spoil}); },
      ::testing::ThrowsMessage<Error>(message + ". Lower the learning rate (it is 0.01); " +
                                      (has_checkpoint ? "the last good checkpoint is " + options.checkpoint.string()
                                                      : std::string("this run had saved no checkpoint yet"))));
  EXPECT_EQ(std::filesystem::exists(options.checkpoint), has_checkpoint);
  if (has_checkpoint) {
    Fitting first_epoch, restored;
    first_epoch.fit(first_epoch.options(1));
    options.resume = true;
    options.epochs = 1;
    Callback nothing;
    restored.fit(options, {&nothing});
    EXPECT_EQ(restored.weights(), first_epoch.weights());
  }
}

TEST(Fit, SaysWhereNaNFirstAppeared) {
  const std::string layer = "; layer '6' (Dense(16 -> 4)) gave NaN or infinity";
  expect_failure(2, "fit: the loss became NaN at step 3 (epoch 1)" + layer, false);
  expect_failure(7 + 2, "fit: the loss became NaN at step 10 (epoch 2)" + layer, true);
}

TEST(Fit, WeightsThatTheLastStepOfAnEpochSpoiltAreNotSaved) {
  expect_failure(14, "fit: step 14 (epoch 2) left NaN or infinity in parameter '6.weight'", true);
}

TEST(Fit, ResumingWritesTheHistoryThatAKillPrevented) {
  const gibbs::testing::TemporaryFolder folder;
  Fitting scene;
  FitOptions options = scene.options(2);
  options.checkpoint = folder / "checkpoint.safetensors";
  options.history = folder / "history.csv";
  scene.fit(options);
  std::filesystem::remove(options.history);
  options.resume = true;
  Fitting().fit(options);
  EXPECT_EQ(read_history_csv(options.history).epochs.size(), 2U);
}

TEST(Fit, ACallbackCanEndTraining) {
  struct StopAtTwo : Callback {
    void on_epoch_end(FitState& state) override { state.stop = state.epoch == 2; }
  } stop;
  Fitting scene;
  const FitResult result = scene.fit(scene.options(5), {&stop});
  EXPECT_EQ(result.history.epochs.size(), 2U);
  EXPECT_EQ(result.stop_reason, "a callback asked to stop");
}

TEST(Fit, WrongOptionsAreErrors) {
  Fitting scene;
  EXPECT_THAT([&] { scene.fit(scene.options(0)); },
              ::testing::ThrowsMessage<Error>("fit: epochs must be at least 1, it is 0"));
  FitOptions options = scene.options(1);
  options.batch_size = 0;
  EXPECT_THROW(scene.fit(options), Error);
  options.batch_size = 201;
  EXPECT_THROW(scene.fit(options), Error);
}

}  // namespace
}  // namespace gibbs::train
