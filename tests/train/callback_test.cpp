#include "gibbs/train/callback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <type_traits>

#include "gibbs/nn/nn.h"
#include "gibbs/optim/sgd.h"
#include "tests/testing/epoch_result.h"
#include "tests/testing/not_finite.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using ::testing::ThrowsMessage;

/// A model, an optimizer and a history to which a test appends epochs.
struct Watched {
  nn::Sequential model =
      nn::initialized(nn::Sequential{nn::Dense({.in = 2, .out = 2}), nn::Dense({.in = 2, .out = 1})}, 0);
  optim::SGD sgd{nn::parameters(model), {.learning_rate = 0.1}};
  History history;
  RunningMetrics running{{}, RunningMetrics::For::training};
  FitState state{.model = model,
                 .optimizer = sgd,
                 .history = history,
                 .running = running,
                 .names = {"loss", "accuracy", "val_loss", "val_accuracy"},
                 .validates = true,
                 .validated = true};

  void finish_epoch(Callback& callback, double val_loss) {
    state.epoch = static_cast<int>(history.epochs.size()) + 1;
    history.epochs.push_back(gibbs::testing::epoch_result(state.epoch, 0, 0, val_loss, 1 - val_loss, 0));
    callback.on_epoch_end(state);
  }
};

TEST(EarlyStopping, StopsAfterPatienceEpochsWithoutImprovement) {
  Watched scene;
  EarlyStopping stopping({.patience = 2});
  for (double loss : {1.0, 0.5, 0.6}) {
    scene.finish_epoch(stopping, loss);
    EXPECT_FALSE(scene.state.stop);
  }
  scene.finish_epoch(stopping, 0.5);
  EXPECT_TRUE(scene.state.stop);
  EXPECT_EQ(scene.state.stop_reason, "no improvement on val_loss 0.5000 for 2 epochs");
}

TEST(EarlyStopping, MonitorsWhatItIsToldTo) {
  Watched scene;
  EarlyStopping stopping({.monitor = {.name = "val_accuracy"}, .patience = 1, .min_delta = 0.1});
  scene.finish_epoch(stopping, 0.5);
  scene.finish_epoch(stopping, 0.3);
  EXPECT_FALSE(scene.state.stop);
  scene.finish_epoch(stopping, 0.25);  // better, but by less than min_delta
  EXPECT_TRUE(scene.state.stop);
  EXPECT_EQ(scene.state.stop_reason, "no improvement on val_accuracy 0.7000 for 1 epoch");
}

TEST(EarlyStopping, RemembersAcrossAnInterruption) {
  Watched scene;
  EarlyStopping before({.patience = 2});
  scene.finish_epoch(before, 0.1);
  scene.finish_epoch(before, 0.2);
  EXPECT_EQ(before.saved_state(), "EarlyStopping val_loss 0.1 1");
  EarlyStopping after({.patience = 2});
  after.restore(before.saved_state());
  scene.finish_epoch(after, 0.3);
  EXPECT_TRUE(scene.state.stop);
  EXPECT_EQ(EarlyStopping({}).saved_state(), "EarlyStopping val_loss inf 0");
}

TEST(EarlyStopping, RestoresNothingButItsOwnState) {
  EarlyStopping stopping({});
  for (const std::string& state :
       {std::string("x"), std::string(), BestWeights({.path = "best.safetensors"}).saved_state(),
        EarlyStopping({.monitor = {.name = "loss"}}).saved_state(), std::string("EarlyStopping val_loss nan 0"),
        std::string("EarlyStopping val_loss 1"), std::string("EarlyStopping val_loss 1 -1"),
        std::string("EarlyStopping val_loss 1 2 "), std::string("EarlyStopping val_loss 1 3000000000"),
        std::string("EarlyStopping val_loss 1,5 0"), std::string("EarlyStopping val_loss 1e999 0")}) {
    EXPECT_THAT([&] { stopping.restore(state); },
                ThrowsMessage<Error>("EarlyStopping: cannot restore from '" + state +
                                     "', which is not of one that monitors val_loss; give the callbacks that the "
                                     "interrupted run had, in its order"));
  }
  EXPECT_EQ(stopping.saved_state(), "EarlyStopping val_loss inf 0") << "nothing was changed";
  EXPECT_THAT(
      [] { Callback().restore("EarlyStopping val_loss 1 0"); },
      ThrowsMessage<Error>("Callback: one that keeps no state cannot restore from 'EarlyStopping val_loss 1 0'; "
                           "give the callbacks that the interrupted run had, in its order"));
}

TEST(EarlyStopping, ANaNIsNoImprovement) {
  Watched scene;
  EarlyStopping stopping({.patience = 2});
  scene.finish_epoch(stopping, kNaN);
  EXPECT_FALSE(scene.state.stop);
  scene.finish_epoch(stopping, kNaN);
  EXPECT_TRUE(scene.state.stop);
  EXPECT_EQ(scene.state.stop_reason, "no finite val_loss for 2 epochs; val_loss was NaN");
}

TEST(EarlyStopping, SaysThatTheNumberBecameNaN) {
  Watched scene;
  EarlyStopping stopping({.patience = 1});
  scene.finish_epoch(stopping, 0.5);
  scene.finish_epoch(stopping, kNaN);
  EXPECT_EQ(scene.state.stop_reason, "no improvement on val_loss 0.5000 for 1 epoch; val_loss was NaN");
}

TEST(EarlyStopping, WrongOptionsAreErrors) {
  for (int patience : {0, -1}) {
    EXPECT_THAT([=] { EarlyStopping({.patience = patience}); },
                ThrowsMessage<Error>("EarlyStopping: patience must be at least 1, it is " + std::to_string(patience)));
  }
  EXPECT_THAT([] { EarlyStopping({.min_delta = -0.5}); },
              ThrowsMessage<Error>("EarlyStopping: min_delta is -0.5; it must be finite and at least 0"));
  EXPECT_THROW(EarlyStopping({.min_delta = kNaN}), Error);
  EXPECT_THROW(EarlyStopping({.min_delta = std::numeric_limits<double>::infinity()}), Error);
  EXPECT_THROW(EarlyStopping({.monitor = {.name = "val_auc"}}), Error);
}

TEST(EarlyStopping, ARunThatIsNotResumedCountsAnew) {
  EarlyStopping stopping({.patience = 2});
  Watched first, second;
  for (double loss : {0.1, 0.2}) {
    first.finish_epoch(stopping, loss);
  }
  stopping.on_fit_begin(first.state);
  EXPECT_EQ(stopping.saved_state(), "EarlyStopping val_loss 0.1 1") << "a resumed run has a history";
  stopping.on_fit_begin(second.state);
  second.finish_epoch(stopping, 0.5);
  EXPECT_EQ(stopping.saved_state(), "EarlyStopping val_loss 0.5 0");
}

TEST(Monitors, ThatNeedValidationAreErrorsWithoutIt) {
  const gibbs::testing::TemporaryFolder folder;
  const auto begin_without = [](Callback& callback) {
    Watched scene;
    scene.state.validates = false;
    callback.on_fit_begin(scene.state);
  };
  EarlyStopping stopping({});
  EXPECT_THAT(
      [&] { begin_without(stopping); },
      ThrowsMessage<Error>("EarlyStopping: monitors val_loss, but fit has no validation data; give some, or say "
                           ".monitor = {.name = \"loss\"}"));
  BestWeights best({.path = folder / "best", .monitor = {.name = "val_accuracy"}});
  EXPECT_THAT([&] { begin_without(best); },
              ThrowsMessage<Error>("BestWeights: monitors val_accuracy, but fit has no validation data; give some, or "
                                   "say .monitor = {.name = \"loss\"}"));
  EarlyStopping of_loss({.monitor = {.name = "loss"}});
  begin_without(of_loss);
  Watched scene;
  stopping.on_fit_begin(scene.state);
  best.on_fit_begin(scene.state);
}

TEST(Monitors, OfNoNumberOfTheRunAreErrors) {
  Watched scene;
  EarlyStopping stopping({.monitor = {.name = "val_top5_accuracy"}});
  EXPECT_THAT([&] { stopping.on_fit_begin(scene.state); },
              ThrowsMessage<Error>("EarlyStopping: monitors 'val_top5_accuracy', and an epoch's numbers are loss, "
                                   "accuracy, val_loss, val_accuracy; choose one of them"));
}

TEST(EarlyStopping, EpochsWithoutValidationDoNotCount) {
  Watched scene;
  EarlyStopping stopping({.patience = 2});
  scene.finish_epoch(stopping, 0.5);
  scene.state.validated = false;
  for (int epoch = 0; epoch < 5; ++epoch) {
    scene.finish_epoch(stopping, kNaN);
  }
  EXPECT_FALSE(scene.state.stop);
  EXPECT_EQ(stopping.saved_state(), "EarlyStopping val_loss 0.5 0");
}

TEST(BestWeights, KeepsTheWeightsOfTheBestEpoch) {
  const gibbs::testing::TemporaryFolder folder;
  Watched scene;
  BestWeights best({.path = folder / "best.safetensors"});
  Parameter weight = nn::parameters(scene.model).front().item;
  const auto best_weights = weight.value().to_vector();
  scene.finish_epoch(best, 0.5);
  weight.mutable_value().fill(7);
  scene.finish_epoch(best, 0.6);
  nn::load_weights(scene.model, folder / "best.safetensors");
  EXPECT_EQ(weight.value().to_vector(), best_weights);
}

TEST(BestWeights, TheBestOfTwoRunsIsKeptAndMissedWhenItIsGone) {
  const gibbs::testing::TemporaryFolder folder;
  BestWeights best({.path = folder / "best"});
  Watched first, second;
  first.finish_epoch(best, 0.5);
  best.on_fit_begin(second.state);
  std::filesystem::remove(folder / "best");
  EXPECT_THAT([&] { best.on_fit_begin(second.state); },
              ThrowsMessage<Error>("BestWeights: the weights of the best epoch so far are not in " + folder / "best" +
                                   "; put them back, or begin anew with a new BestWeights"));
}

TEST(BestWeights, APathThatCannotBeSavedToIsAnErrorAtOnce) {
  const gibbs::testing::TemporaryFolder folder;
  Watched scene;
  const auto begin = [&](const std::filesystem::path& path) {
    BestWeights best({.path = path});
    best.on_fit_begin(scene.state);
  };
  const std::string missing = folder / "no/best";
  EXPECT_THAT([&] { begin(missing); },
              ThrowsMessage<Error>("BestWeights: cannot save to " + missing + ": there is no folder " + folder / "no" +
                                   "; make it before training"));
  std::filesystem::create_directory(folder / "a");
  EXPECT_THAT([&] { begin(folder / "a"); }, ThrowsMessage<Error>("BestWeights: cannot save to " + folder / "a" +
                                                                 ": it is a folder; name a file in it"));
  begin(folder / "a/best");
  begin("best-in-the-working-folder");
  EXPECT_THAT([] { BestWeights({}); }, ThrowsMessage<Error>("BestWeights: path is empty; name the file to save to"));
}

TEST(LearningRateSchedule, CountsEpochsFromZero) {
  Watched scene;
  LearningRateSchedule schedule([](std::int64_t epoch) { return 0.5 + static_cast<double>(epoch); },
                                {.per = Per::epoch});
  scene.state.epoch = 1;  // the first
  schedule.on_epoch_begin(scene.state);
  EXPECT_EQ(scene.sgd.learning_rate(), 0.5);
  scene.state.epoch = 4;
  scene.state.step = 100;
  schedule.on_step_begin(scene.state);
  EXPECT_EQ(scene.sgd.learning_rate(), 0.5) << "within an epoch it stays";
  schedule.on_epoch_begin(scene.state);
  EXPECT_EQ(scene.sgd.learning_rate(), 3.5);
}

TEST(LearningRateSchedule, CountsStepsFromZero) {
  Watched scene;
  LearningRateSchedule schedule([](std::int64_t step) { return 0.5 + static_cast<double>(step); }, {.per = Per::step});
  scene.state.epoch = 1;
  schedule.on_epoch_begin(scene.state);
  EXPECT_EQ(scene.sgd.learning_rate(), 0.1);
  for (std::int64_t step : {0, 1, 2}) {
    scene.state.step = step;
    schedule.on_step_begin(scene.state);
    EXPECT_EQ(scene.sgd.learning_rate(), 0.5 + static_cast<double>(step));
  }
}

TEST(LearningRateSchedule, RefusesRatesThatAreNone) {
  Watched scene;
  scene.state.epoch = 3;
  scene.state.step = 7;
  const auto rate_of = [&](double rate, Per per) {
    LearningRateSchedule schedule([rate](std::int64_t) { return rate; }, {.per = per});
    schedule.on_epoch_begin(scene.state);
    schedule.on_step_begin(scene.state);
  };
  EXPECT_THAT([&] { rate_of(kNaN, Per::epoch); },
              ThrowsMessage<Error>("LearningRateSchedule: the rate of epoch 2 is nan; it must be finite and at least 0 "
                                   "(the first count is 0)"));
  EXPECT_THAT([&] { rate_of(-0.5, Per::step); },
              ThrowsMessage<Error>("LearningRateSchedule: the rate of step 7 is -0.5; it must be finite and at least 0 "
                                   "(the first count is 0)"));
  EXPECT_EQ(scene.sgd.learning_rate(), 0.1) << "the rate before stays";
}

TEST(LearningRateSchedule, NeedsAScheduleAndAUnit) {
  static_assert(!std::is_constructible_v<LearningRateSchedule, double (*)(int)>, "the unit has no default");
  EXPECT_THAT([] { LearningRateSchedule(optim::constant(1), {}); },
              ThrowsMessage<Error>("LearningRateSchedule: per is not given; say {.per = Per::epoch} or {.per = "
                                   "Per::step}"));
  EXPECT_THAT([] { LearningRateSchedule(nullptr, {.per = Per::epoch}); },
              ThrowsMessage<Error>("LearningRateSchedule: there is no schedule; give one, such as optim::cosine(...)"));
}

}  // namespace
}  // namespace gibbs::train
