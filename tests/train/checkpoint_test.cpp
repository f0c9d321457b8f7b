#include "gibbs/train/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/io/atomic_file.h"
#include "gibbs/io/safetensors.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "gibbs/optim/sgd.h"
#include "tests/testing/epoch_result.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using gibbs::testing::error_of;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// A model with an optimizer that has taken a step.
struct Trained {
  gibbs::testing::TemporaryFolder folder;
  std::filesystem::path path = folder / "checkpoint.safetensors";
  nn::Sequential model =
      nn::initialized(nn::Sequential{nn::Dense({.in = 3, .out = 2}), nn::Dense({.in = 2, .out = 1})}, 1);
  optim::Adam adam{nn::parameters(model)};
  TrainingState state{
      .step = 12,
      .position = {.epoch = 1, .batch = 5},
      .epoch_seconds = 1.5,
      .history = {{gibbs::testing::epoch_result(1, 0.1, 0.2, std::numeric_limits<double>::quiet_NaN(), 0.4, 0.5)}},
      .callbacks = {"", "state of the second"},
      .stop_reason = "",
      .settings = {{"seed", "9"}, {"loss", "ce"}}};

  const RunSettings settings = state.settings;
  RunningMetrics running{{std::make_shared<Accuracy>()}, RunningMetrics::For::training};

  TrainingParts parts() { return {.model = model, .optimizer = adam, .running = running}; }

  Trained() {
    running.add({.targets = {Tensor::of({0, 1, 1}, DType::int64)}, .rows = 3},
                {.loss = Tensor::full({}, 1.0 / 3), .weight = 7, .outputs = {Tensor::of({{2, 1}, {2, 1}, {1, 2}})}});
    backward(sum(model(Tensor::ones({4, 3}))));
    adam.step();
  }
};

/// All that an optimizer remembers, as text.
std::string memory_of(optim::Optimizer& optimizer) {
  struct : StateVisitor {
    std::string text;
    void tensor(std::string_view name, Tensor& value) override { text += std::string(name) + to_string(value); }
    void counter(std::string_view name, std::int64_t& value) override {
      text += std::string(name) + std::to_string(value);
    }
    void number(std::string_view name, double& value) override { text += std::string(name) + std::to_string(value); }
  } memory;
  optimizer.visit_state(memory);
  return memory.text;
}

TEST(Checkpoint, RestoresEverything) {
  Trained scene;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  Trained other;
  other.running.clear();
  for (auto& [path, parameter] : nn::parameters(other.model)) {
    parameter.mutable_value().fill(0);
  }
  const TrainingState state = load_checkpoint(scene.path, other.parts(), scene.settings);
  EXPECT_EQ(nn::weights_sha256(other.model), nn::weights_sha256(scene.model));
  EXPECT_EQ(state.step, 12);
  EXPECT_EQ(state.position, (data::BatchPosition{.epoch = 1, .batch = 5}));
  EXPECT_EQ(other.running.values(), scene.running.values());
  EXPECT_EQ(other.running.values()[1], (NamedNumbers::value_type("accuracy", 2.0 / 3)));
  EXPECT_EQ(state.epoch_seconds, 1.5);
  EXPECT_EQ(state.callbacks, scene.state.callbacks);
  ASSERT_EQ(state.history.epochs.size(), 1U);
  EXPECT_EQ(state.history.epochs[0]["loss"], 0.1);
  EXPECT_TRUE(std::isnan(state.history.epochs[0]["val_loss"]));
}

TEST(Checkpoint, TheRestoredOptimizerGoesOnWithTheSameBits) {
  Trained scene, other;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  optim::Adam fresh(nn::parameters(other.model));
  load_checkpoint(scene.path, {other.model, fresh, other.running}, scene.settings);
  const auto go_on = [](nn::Sequential& model, optim::Adam& adam) {
    adam.clear_gradients();
    backward(sum(model(Tensor::of({{1, -2, 3}}))));
    adam.step();
    return nn::weights_sha256(model);
  };
  EXPECT_EQ(go_on(scene.model, scene.adam), go_on(other.model, fresh));
}

TEST(Checkpoint, RefusesWhatIsNotItsOwnAndChangesNothing) {
  Trained scene;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  const std::string before = nn::weights_sha256(scene.model);
  EXPECT_THAT(
      [&] {
        load_checkpoint(scene.path, scene.parts(), {{"seed", "9"}, {"loss", "kl"}, {"rate", "1"}});
      },
      ThrowsMessage<Error>("checkpoint: " + scene.path.string() +
                           " belongs to another run: loss is ce in the checkpoint and kl here, rate is not set in "
                           "the checkpoint and 1 here; give the same options, or another folder"));
  EXPECT_THAT(
      [&] {
        load_checkpoint(scene.path, scene.parts(), {{"seed", "9"}});
      },
      ThrowsMessage<Error>(HasSubstr("run: loss is ce in the checkpoint and not set here; give")));
  nn::Sequential wider(nn::Dense({.in = 3, .out = 4}), nn::Dense({.in = 4, .out = 1}));
  nn::initialize(wider, 1);
  optim::Adam adam(nn::parameters(wider));
  EXPECT_THAT(
      [&] {
        load_checkpoint(scene.path, {wider, adam, scene.running}, scene.settings);
      },
      ThrowsMessage<Error>(HasSubstr("holds another model:\n0: Dense(3 -> 2)\n1: Dense(2 -> 1)\n")));
  optim::SGD sgd(nn::parameters(scene.model), {.momentum = 0.9});
  EXPECT_THAT(
      [&] {
        load_checkpoint(scene.path, {scene.model, sgd, scene.running}, scene.settings);
      },
      ThrowsMessage<Error>(HasSubstr("it was written with another optimizer")));
  nn::save_weights(scene.model, scene.path);
  EXPECT_THAT([&] { load_checkpoint(scene.path, scene.parts(), scene.settings); },
              ThrowsMessage<Error>(HasSubstr("is not a checkpoint: its metadata has no 'state'")));
  EXPECT_EQ(nn::weights_sha256(scene.model), before);
}

TEST(Checkpoint, OtherFormatsAreRefused) {
  Trained scene;
  const auto error_of_state = [&](const std::string& state) {
    io::write_safetensors(scene.path, {}, {{"state", state}});
    return error_of([&] { load_checkpoint(scene.path, scene.parts(), scene.settings); });
  };
  const std::string start = "checkpoint: " + scene.path.string();
  EXPECT_EQ(error_of_state(R"({"format": 2, "training": {}})"),
            start +
                " was written by gibbs 0.1, whose runs this version cannot continue: begin anew in another folder, "
                "or delete it");
  EXPECT_EQ(error_of_state(R"({"format": 4, "training": {}})"),
            start +
                " has format 4, and this version reads 3: go on with the later gibbs that wrote it, or begin anew "
                "in another folder");
  EXPECT_EQ(error_of_state("{}"), start +
                                      " has a damaged 'state': byte 2: expected the field \"arithmetic\", found "
                                      "none of this name; delete the file to begin anew, or choose another folder");
}

TEST(Checkpoint, EveryFlippedBitIsFoundAndNothingIsChanged) {
  Trained scene, other;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  const std::string good = gibbs::testing::contents(scene.path);
  for (auto& [path, parameter] : nn::parameters(other.model)) {
    parameter.mutable_value().fill(0.5);
  }
  const std::string model_before = nn::weights_sha256(other.model), optimizer_before = memory_of(other.adam);
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string damaged = good;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    scene.folder.write("checkpoint.safetensors", damaged);
    ASSERT_THROW(load_checkpoint(scene.path, other.parts(), scene.settings), Error)
        << "bit " << bit % 8 << " of byte " << bit / 8;
  }
  EXPECT_EQ(nn::weights_sha256(other.model), model_before);
  EXPECT_EQ(memory_of(other.adam), optimizer_before);
  scene.folder.write("checkpoint.safetensors", good);
  load_checkpoint(scene.path, other.parts(), scene.settings);
  EXPECT_EQ(memory_of(other.adam), memory_of(scene.adam));
}

TEST(Checkpoint, WithoutItsChecksumItIsRefused) {
  Trained scene;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  const io::Safetensors file = io::read_safetensors(scene.path);
  io::write_safetensors(scene.path, file.tensors, file.metadata);
  EXPECT_EQ(error_of([&] { load_checkpoint(scene.path, scene.parts(), scene.settings); }),
            "checkpoint: " + scene.path.string() +
                " has no checksum, so it is not as it was written. Delete it to begin anew, or choose another folder");
}

TEST(Checkpoint, TensorsThatNobodyKnowsAreRefused) {
  Trained scene;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  const io::Safetensors file = io::read_safetensors(scene.path);
  const auto error_with = [&](const std::string& name) {
    NamedTensors tensors = file.tensors;
    tensors.push_back({name, Tensor::zeros({1})});
    io::write_safetensors(scene.path, tensors, file.metadata, {.checksum = true});
    return error_of([&] { load_checkpoint(scene.path, scene.parts(), scene.settings); });
  };
  EXPECT_EQ(error_with("surplus"),
            "checkpoint: " + scene.path.string() +
                " holds a tensor 'surplus', which is neither the model's nor the optimizer's nor the "
                "metrics'");
  EXPECT_EQ(error_with("optimizer/9.first_moment"),
            "checkpoint: " + scene.path.string() +
                " holds 15 values of the optimizer, which has 14; it was written with another optimizer");
  EXPECT_THAT(error_with("model/9.weight"), HasSubstr("nothing was loaded\n  not in the model: 9.weight"));
}

TEST(Checkpoint, AnOptimizerWithOtherOptionsIsRefused) {
  Trained scene;
  const auto error_between = [&](optim::Optimizer& saved, optim::Optimizer& here) {
    save_checkpoint(scene.path, {scene.model, saved, scene.running}, scene.state);
    const std::string error = error_of([&] {
      load_checkpoint(scene.path, {scene.model, here, scene.running}, scene.settings);
    });
    const std::string start = "checkpoint: " + scene.path.string() + " belongs to another run: ",
                      end = "; give the same options, or another folder";
    return error.starts_with(start) && error.ends_with(end)
               ? error.substr(start.size(), error.size() - start.size() - end.size())
               : error;
  };
  const std::vector<Named<Parameter>> parameters = nn::parameters(scene.model);
  const auto adam_with = [&](const optim::AdamOptions& options) {
    optim::Adam adam(parameters, options);
    return error_between(scene.adam, adam);
  };
  EXPECT_EQ(adam_with({.learning_rate = 0.002}), "optimizer's learning rate is 0.001 in the checkpoint and 0.002 here");
  EXPECT_EQ(adam_with({.beta1 = 0.8}), "beta1 is 0.9 in the checkpoint and 0.8 here");
  EXPECT_EQ(adam_with({.beta2 = 0.99}), "beta2 is 0.999 in the checkpoint and 0.99 here");
  EXPECT_EQ(adam_with({.epsilon = 1e-8}), "epsilon is 1e-07 in the checkpoint and 1e-08 here");
  EXPECT_EQ(adam_with({.epsilon_mode = optim::EpsilonMode::keras}),
            "epsilon mode is bias_corrected in the checkpoint and keras here");
  optim::AdamW adam_w(parameters, {.weight_decay = 0.5}), other_decay(parameters, {.weight_decay = 0.25});
  EXPECT_EQ(error_between(adam_w, other_decay), "weight decay is 0.5 in the checkpoint and 0.25 here");
  EXPECT_EQ(error_between(scene.adam, adam_w),
            "optimizer is Adam in the checkpoint and AdamW here, weight decay is 0 in the checkpoint and 0.5 here, "
            "decoupled weight decay is off in the checkpoint and on here");
  const auto sgd_with = [&](const optim::SGDOptions& options) {
    optim::SGD before(parameters, {.momentum = 0.9}), here(parameters, options);
    return error_between(before, here);
  };
  EXPECT_EQ(sgd_with({.momentum = 0.5}), "momentum is 0.9 in the checkpoint and 0.5 here");
  EXPECT_EQ(sgd_with({.momentum = 0.9, .nesterov = true}), "nesterov is off in the checkpoint and on here");
  EXPECT_EQ(sgd_with({.momentum = 0.9, .weight_decay = 0.1}), "weight decay is 0 in the checkpoint and 0.1 here");
}

TEST(Checkpoint, OtherMetricsAreRefused) {
  Trained scene;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  RunningMetrics loss_only({}, RunningMetrics::For::training);
  EXPECT_EQ(error_of([&] {
              load_checkpoint(scene.path, {scene.model, scene.adam, loss_only}, scene.settings);
            }),
            "checkpoint: " + scene.path.string() +
                " holds 4 values of the list of metrics, which has 2; it was written with another list of metrics");
}

/// Counts from a number.
struct Counter : Metric {
  explicit Counter(std::int64_t from) : count(from) {}
  std::string name() const override { return "counter"; }
  std::unique_ptr<Metric> fresh() const override { return std::make_unique<Counter>(count); }
  void add(const data::Batch&, const Outcome&) override {}
  double value() const override { return 0; }
  void visit_state(StateVisitor& visitor) override { visitor.counter("count", count); }
  std::int64_t count;
};

TEST(Checkpoint, WhatCouldNotBeReadIsNotWritten) {
  Trained scene;
  RunningMetrics negative({std::make_shared<Counter>(-1)}, RunningMetrics::For::training);
  EXPECT_EQ(error_of([&] {
              save_checkpoint(scene.path, {scene.model, scene.adam, negative}, scene.state);
            }),
            "checkpoint: counter 'counter/count' is -1; it must be from 0 to 2^53, else report it as a number");
  EXPECT_FALSE(std::filesystem::exists(scene.path));
}

TEST(Checkpoint, ARateThatAScheduleHasSetIsStateAndNoOption) {
  Trained scene, other;
  scene.adam.set_learning_rate(1e-5);
  save_checkpoint(scene.path, scene.parts(), scene.state);
  load_checkpoint(scene.path, other.parts(), scene.settings);
  EXPECT_EQ(other.adam.learning_rate(), 1e-5);
}

TEST(Checkpoint, WhoeverRefusesTheStateKeepsEverythingAsItWas) {
  Trained scene, other;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  nn::parameters(other.model)[0].item.mutable_value().fill(0.5);
  const std::string model_before = nn::weights_sha256(other.model), optimizer_before = memory_of(other.adam);
  EXPECT_EQ(error_of([&] {
              load_checkpoint(scene.path, other.parts(), scene.settings,
                              [](const TrainingState& state) { fail("refused at step ", state.step); });
            }),
            "refused at step 12");
  EXPECT_EQ(nn::weights_sha256(other.model), model_before);
  EXPECT_EQ(memory_of(other.adam), optimizer_before);
}

TEST(Checkpoint, ATruncatedFileSaysWhatToDo) {
  Trained scene;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  std::filesystem::resize_file(scene.path, 20);
  EXPECT_THAT([&] { load_checkpoint(scene.path, scene.parts(), scene.settings); },
              ThrowsMessage<Error>(::testing::AllOf(
                  ::testing::StartsWith("checkpoint: " + scene.path.string() + ": byte 0: expected a header length"),
                  HasSubstr(". The file is damaged: delete it to begin anew, or choose another folder"))));
}

TEST(Checkpoint, NeverSavesNaNOverAGoodOne) {
  Trained scene;
  save_checkpoint(scene.path, scene.parts(), scene.state);
  const std::string good = nn::weights_sha256(scene.model);
  nn::parameters(scene.model)[0].item.mutable_value().set({0, 0}, std::numeric_limits<double>::infinity());
  EXPECT_THAT([&] { save_checkpoint(scene.path, scene.parts(), scene.state); },
              ThrowsMessage<Error>(HasSubstr("checkpoint: parameter '0.weight' holds NaN or infinity")));
  load_checkpoint(scene.path, scene.parts(), scene.settings);
  EXPECT_EQ(nn::weights_sha256(scene.model), good);
}

}  // namespace
}  // namespace gibbs::train
