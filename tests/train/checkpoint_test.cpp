#include "gibbs/train/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/nn.h"
#include "gibbs/nn/safetensors.h"
#include "gibbs/optim/adam.h"
#include "gibbs/optim/sgd.h"
#include "gibbs/tensor/atomic_file.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// A model with an optimizer that has taken a step.
struct Scene {
  gibbs::testing::TemporaryFolder folder;
  std::filesystem::path path = folder / "checkpoint.safetensors";
  Rng rng{1};
  nn::Sequential model{nn::Dense({.in = 3, .out = 2}, rng), nn::Dense({.in = 2, .out = 1}, rng)};
  optim::Adam adam{nn::parameters(model)};
  TrainingState state{.step = 12,
                      .position = {.epoch = 1, .batch = 5},
                      .correct = 7,
                      .epoch_seconds = 1.5,
                      .history = {{{1, 0.1, 0.2, std::numeric_limits<double>::quiet_NaN(), 0.4, 0.5}}},
                      .callbacks = {"", "state of the second"},
                      .stop_reason = "",
                      .settings = {{"seed", "9"}, {"loss", "ce"}}};

  const RunSettings settings = state.settings;

  Scene() {
    state.loss.add(1.0 / 3, 7);
    backward(sum(model(Tensor::ones({4, 3}))));
    adam.step();
  }
};

TEST(Checkpoint, RestoresEverything) {
  Scene scene;
  save_checkpoint(scene.path, scene.model, scene.adam, scene.state);
  Scene other;
  for (Parameter& parameter : nn::parameters(other.model)) {
    parameter.mutable_value().fill(0);
  }
  const TrainingState state = load_checkpoint(scene.path, other.model, other.adam, scene.settings);
  EXPECT_EQ(nn::weights_sha256(other.model), nn::weights_sha256(scene.model));
  EXPECT_EQ(state.step, 12);
  EXPECT_EQ(state.position, (data::BatchPosition{.epoch = 1, .batch = 5}));
  EXPECT_EQ(state.loss.sum(), scene.state.loss.sum());
  EXPECT_EQ(state.loss.rows(), 7);
  EXPECT_EQ(state.correct, 7);
  EXPECT_EQ(state.epoch_seconds, 1.5);
  EXPECT_EQ(state.callbacks, scene.state.callbacks);
  ASSERT_EQ(state.history.epochs.size(), 1U);
  EXPECT_EQ(state.history.epochs[0].loss, 0.1);
  EXPECT_TRUE(std::isnan(state.history.epochs[0].val_loss));
}

TEST(Checkpoint, TheRestoredOptimizerGoesOnWithTheSameBits) {
  Scene scene, other;
  save_checkpoint(scene.path, scene.model, scene.adam, scene.state);
  optim::Adam fresh(nn::parameters(other.model));
  load_checkpoint(scene.path, other.model, fresh, scene.settings);
  const auto go_on = [](nn::Sequential& model, optim::Adam& adam) {
    adam.clear_gradients();
    backward(sum(model(Tensor::of({{1, -2, 3}}))));
    adam.step();
    return nn::weights_sha256(model);
  };
  EXPECT_EQ(go_on(scene.model, scene.adam), go_on(other.model, fresh));
}

TEST(Checkpoint, RefusesWhatIsNotItsOwnAndChangesNothing) {
  Scene scene;
  save_checkpoint(scene.path, scene.model, scene.adam, scene.state);
  const std::string before = nn::weights_sha256(scene.model);
  EXPECT_THAT(
      [&] {
        load_checkpoint(scene.path, scene.model, scene.adam, {{"seed", "9"}, {"loss", "kl"}, {"rate", "1"}});
      },
      ThrowsMessage<Error>("checkpoint: " + scene.path.string() +
                           " belongs to another run: loss is ce in the checkpoint and kl here, rate is not set in "
                           "the checkpoint and 1 here; give the same options, or another folder"));
  EXPECT_THAT(
      [&] {
        load_checkpoint(scene.path, scene.model, scene.adam, {{"seed", "9"}});
      },
      ThrowsMessage<Error>(HasSubstr("run: loss is ce in the checkpoint and not set here; give")));
  Rng rng(1);
  nn::Sequential wider(nn::Dense({.in = 3, .out = 4}, rng), nn::Dense({.in = 4, .out = 1}, rng));
  optim::Adam adam(nn::parameters(wider));
  EXPECT_THAT([&] { load_checkpoint(scene.path, wider, adam, scene.settings); },
              ThrowsMessage<Error>(HasSubstr("holds another model:\n0: Dense(3 -> 2)\n1: Dense(2 -> 1)\n")));
  optim::SGD sgd(nn::parameters(scene.model), {.momentum = 0.9});
  EXPECT_THAT([&] { load_checkpoint(scene.path, scene.model, sgd, scene.settings); },
              ThrowsMessage<Error>(HasSubstr("it was written with another optimizer")));
  nn::save_weights(scene.model, scene.path);
  EXPECT_THAT([&] { load_checkpoint(scene.path, scene.model, scene.adam, scene.settings); },
              ThrowsMessage<Error>(HasSubstr("is not a checkpoint: its metadata has no 'state'")));
  EXPECT_EQ(nn::weights_sha256(scene.model), before);
}

TEST(Checkpoint, ADamagedStateIsAnError) {
  Scene scene;
  nn::write_safetensors(scene.path, {}, {{"state", "{\"format\": 2, \"training\": {}}"}});
  EXPECT_THAT([&] { load_checkpoint(scene.path, scene.model, scene.adam, scene.settings); },
              ThrowsMessage<Error>(HasSubstr("has a damaged 'state'")));
  nn::write_safetensors(scene.path, {}, {{"state", "{\"format\": 3}"}});
  EXPECT_THAT([&] { load_checkpoint(scene.path, scene.model, scene.adam, scene.settings); },
              ThrowsMessage<Error>(HasSubstr("has format 3, expected 2")));
}

TEST(Checkpoint, ATruncatedFileSaysWhatToDo) {
  Scene scene;
  save_checkpoint(scene.path, scene.model, scene.adam, scene.state);
  std::filesystem::resize_file(scene.path, 20);
  EXPECT_THAT([&] { load_checkpoint(scene.path, scene.model, scene.adam, scene.settings); },
              ThrowsMessage<Error>(::testing::AllOf(
                  ::testing::StartsWith("checkpoint: " + scene.path.string() + ": byte 0: expected a header length"),
                  HasSubstr(". The file is damaged: delete it to begin anew, or choose another folder"))));
}

TEST(Checkpoint, NeverSavesNaNOverAGoodOne) {
  Scene scene;
  save_checkpoint(scene.path, scene.model, scene.adam, scene.state);
  const std::string good = nn::weights_sha256(scene.model);
  nn::parameters(scene.model)[0].mutable_value().set({0, 0}, std::numeric_limits<double>::infinity());
  EXPECT_THAT([&] { save_checkpoint(scene.path, scene.model, scene.adam, scene.state); },
              ThrowsMessage<Error>(HasSubstr("checkpoint: parameter '0.weight' holds NaN or infinity")));
  load_checkpoint(scene.path, scene.model, scene.adam, scene.settings);
  EXPECT_EQ(nn::weights_sha256(scene.model), good);
}

}  // namespace
}  // namespace gibbs::train
