#include "gibbs/train/callback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "gibbs/nn/nn.h"
#include "gibbs/optim/sgd.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

/// A model, an optimizer and a history to which a test appends epochs.
struct Scene {
  Rng rng{0};
  nn::Sequential model{nn::Dense({.in = 2, .out = 2}, rng), nn::Dense({.in = 2, .out = 1}, rng)};
  optim::SGD sgd{nn::parameters(model), {.learning_rate = 0.1}};
  History history;
  FitState state{.model = model, .optimizer = sgd, .history = history, .stop_reason = {}};

  void finish_epoch(Callback& callback, double val_loss) {
    state.epoch = static_cast<int>(history.epochs.size()) + 1;
    history.epochs.push_back({state.epoch, 0, 0, val_loss, 1 - val_loss, 0});
    callback.on_epoch_end(state);
  }
};

TEST(EarlyStopping, StopsAfterPatienceEpochsWithoutImprovement) {
  Scene scene;
  EarlyStopping stopping({.patience = 2});
  for (double loss : {1.0, 0.5, 0.6}) {
    scene.finish_epoch(stopping, loss);
    EXPECT_FALSE(scene.state.stop);
  }
  scene.finish_epoch(stopping, 0.5);
  EXPECT_TRUE(scene.state.stop);
  EXPECT_EQ(scene.state.stop_reason, "no improvement on 0.5000 for 2 epochs");
}

TEST(EarlyStopping, MonitorsWhatItIsToldTo) {
  Scene scene;
  EarlyStopping stopping(
      {.monitor = {.value = &EpochResult::val_accuracy, .smaller_is_better = false}, .patience = 1, .min_delta = 0.1});
  scene.finish_epoch(stopping, 0.5);
  scene.finish_epoch(stopping, 0.3);
  EXPECT_FALSE(scene.state.stop);
  scene.finish_epoch(stopping, 0.25);  // better, but by less than min_delta
  EXPECT_TRUE(scene.state.stop);
}

TEST(EarlyStopping, RemembersAcrossAnInterruption) {
  Scene scene;
  EarlyStopping before({.patience = 2});
  scene.finish_epoch(before, 0.1);
  scene.finish_epoch(before, 0.2);
  EarlyStopping after({.patience = 2});
  after.restore(before.saved_state());
  scene.finish_epoch(after, 0.3);
  EXPECT_TRUE(scene.state.stop);
  EXPECT_THAT([&] { after.restore("x"); }, ::testing::ThrowsMessage<Error>("EarlyStopping: cannot restore from 'x'"));
}

TEST(EarlyStopping, ANaNIsNoImprovement) {
  Scene scene;
  EarlyStopping stopping({.patience = 1});
  scene.finish_epoch(stopping, std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(scene.state.stop);
}

TEST(BestWeights, KeepsTheWeightsOfTheBestEpoch) {
  const gibbs::testing::TemporaryFolder folder;
  Scene scene;
  BestWeights best({.path = folder / "best.safetensors"});
  Parameter weight = nn::parameters(scene.model).front();
  const auto best_weights = weight.value().to_vector();
  scene.finish_epoch(best, 0.5);
  weight.mutable_value().fill(7);
  scene.finish_epoch(best, 0.6);
  nn::load_weights(scene.model, folder / "best.safetensors");
  EXPECT_EQ(weight.value().to_vector(), best_weights);
}

TEST(LearningRateSchedule, SetsTheRateOfEveryEpoch) {
  Scene scene;
  LearningRateSchedule schedule([](int epoch) { return 1.0 / epoch; });
  scene.state.epoch = 4;
  schedule.on_epoch_begin(scene.state);
  EXPECT_EQ(scene.sgd.learning_rate(), 0.25);
}

}  // namespace
}  // namespace gibbs::train
