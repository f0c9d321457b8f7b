#include "gibbs/train/plateau.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gibbs/data/tensor_batches.h"
#include "gibbs/losses/regression.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/sgd.h"
#include "gibbs/train/fit.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::TemporaryFolder;
using nlohmann::json;

/// Epochs whose validation loss a test gives.
struct WatchedRate {
  nn::Sequential model = nn::initialized(nn::Sequential{nn::Dense({.in = 1, .out = 1})}, 0);
  optim::SGD sgd{nn::parameters(model), {.learning_rate = 0.5}};
  History history;
  RunningMetrics running{{}, RunningMetrics::For::training};
  FitState state{.model = model,
                 .optimizer = sgd,
                 .history = history,
                 .running = running,
                 .names = {"loss", "val_loss"},
                 .validates = true,
                 .validated = true};

  /// The rate after it.
  double epoch(Callback& callback, double val_loss) {
    history.epochs.push_back({.epoch = 1, .numbers = {{"loss", 0.0}, {"val_loss", val_loss}}});
    callback.on_epoch_end(state);
    return sgd.learning_rate();
  }
};

ReduceLROnPlateau::Options options_of(const json& o) {
  ReduceLROnPlateau::Options options{.patience = o.at("patience")};
  options.monitor.smaller_is_better = o.value("smaller_is_better", true);
  options.factor = o.value("factor", options.factor);
  options.min_delta = o.value("min_delta", options.min_delta);
  options.relative = o.value("relative", options.relative);
  options.cooldown = o.value("cooldown", options.cooldown);
  options.min_rate = o.value("min_rate", options.min_rate);
  options.least_change = o.value("least_change", options.least_change);
  return options;
}

TEST(ReduceLROnPlateau, GivesTheRatesOfPyTorch) {
  const json golden = json::parse(std::ifstream(GIBBS_SOURCE_DIR "/tests/golden/optimizers.json"));
  for (const json& one : golden["plateaus"]) {
    WatchedRate run;
    ReduceLROnPlateau plateau(options_of(one["options"]));
    for (std::size_t i = 0; i < golden["watched"].size(); ++i) {
      const double expected = one["rates"][i];
      EXPECT_NEAR(run.epoch(plateau, golden["watched"][i]), expected, 1e-12 * expected)
          << one["options"].dump() << " after epoch " << i + 1;
    }
  }
  EXPECT_EQ(golden["plateaus"].size(), 9U);
}

TEST(ReduceLROnPlateau, CountsNaNAndLeavesOutWhatWasNotValidated) {
  WatchedRate run;
  ReduceLROnPlateau plateau({.patience = 2});
  run.epoch(plateau, 1);
  EXPECT_EQ(run.epoch(plateau, NAN), 0.5);
  run.state.validated = false;
  EXPECT_EQ(run.epoch(plateau, NAN), 0.5);
  run.state.validated = true;
  EXPECT_EQ(run.epoch(plateau, NAN), 0.5 * 0.1);
}

TEST(ReduceLROnPlateau, RemembersAcrossAnInterruption) {
  WatchedRate run;
  ReduceLROnPlateau before({.patience = 2, .cooldown = 3}), after({.patience = 2, .cooldown = 3});
  for (const double loss : {1.0, 2.0, 2.0, 2.0, 0.25}) {
    run.epoch(before, loss);
  }
  EXPECT_EQ(before.saved_state(), "ReduceLROnPlateau val_loss 0.25 0 1");
  after.restore(before.saved_state());
  EXPECT_EQ(after.saved_state(), before.saved_state());
  for (const std::string text : {"", "ReduceLROnPlateau val_loss 0.25 0", "ReduceLROnPlateau loss 0.25 0 1",
                                 "ReduceLROnPlateau val_loss 0.25 0 -1", "ReduceLROnPlateau val_loss 0.25 0 1 "}) {
    EXPECT_EQ(error_of([&] { after.restore(text); }),
              "ReduceLROnPlateau: cannot restore from '" + text +
                  "', which is not of one that monitors val_loss; give the callbacks that the interrupted run had, in "
                  "its order");
  }
}

/// The weights after so many epochs on noise, where the loss soon rises and falls; with a checkpoint that goes on.
std::string trained_with_plateau(const std::filesystem::path& checkpoint, int epochs, double factor) {
  const Tensor x = kernels::normal({.seed = 1}, {12, 3}), y = kernels::normal({.seed = 2}, {12, 1});
  data::TensorBatches train({.inputs = {x}, .targets = {y}}, {.batch_size = 2, .seed = 3});
  nn::Sequential model = nn::initialized(nn::Sequential{nn::Dense({.in = 3, .out = 1})}, 0);
  optim::SGD sgd(nn::parameters(model), {.learning_rate = 0.3});
  ReduceLROnPlateau plateau({.monitor = {.name = "loss"}, .factor = factor, .patience = 2, .cooldown = 1});
  fit(model, sgd, regression(losses::mean_squared_error), train, nullptr,
      {.epochs = epochs, .checkpoint = checkpoint, .resume = true, .progress = ProgressStyle::silent}, {&plateau});
  EXPECT_EQ(sgd.learning_rate() < 0.3, epochs == 9) << "the rate falls, after the interruption";
  return nn::weights_sha256(model);
}

TEST(ReduceLROnPlateau, AResumedRunEndsWithTheSameBits) {
  const TemporaryFolder folder;
  const std::string straight = trained_with_plateau(folder / "straight", 9, 0.5);
  trained_with_plateau(folder / "resumed", 2, 0.5);
  EXPECT_EQ(trained_with_plateau(folder / "resumed", 9, 0.5), straight);
  EXPECT_THAT(error_of([&] { trained_with_plateau(folder / "resumed", 9, 0.25); }),
              ::testing::HasSubstr("callback 1's plateau is of loss: factor 0.5, patience 2, min_delta 0.0001, "
                                   "cooldown 1, min_rate 0, least_change 1e-08 in the checkpoint and of loss: factor "
                                   "0.25"));
}

TEST(ReduceLROnPlateau, Errors) {
  EXPECT_EQ(error_of([] { ReduceLROnPlateau({.factor = 1}); }), "ReduceLROnPlateau: factor is 1; it must be in [0, 1)");
  EXPECT_EQ(error_of([] { ReduceLROnPlateau({.patience = 0}); }),
            "ReduceLROnPlateau: patience must be at least 1, it is 0");
  EXPECT_EQ(error_of([] { ReduceLROnPlateau({.cooldown = -1}); }),
            "ReduceLROnPlateau: cooldown must be at least 0, it is -1");
  EXPECT_EQ(error_of([] { ReduceLROnPlateau({.min_rate = NAN}); }),
            "ReduceLROnPlateau: min_rate is nan; it must be finite and at least 0");
  WatchedRate run;
  ReduceLROnPlateau of_accuracy({.monitor = {.name = "val_accuracy"}});
  EXPECT_EQ(
      error_of([&] { of_accuracy.on_fit_begin(run.state); }),
      "ReduceLROnPlateau: monitors 'val_accuracy', and an epoch's numbers are loss, val_loss; choose one of them");
}

}  // namespace
}  // namespace gibbs::train
