// The options of fit that say how long, how often and in how many pieces; on a small network with dropout.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <sstream>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/data/tensor_batches.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/sgd.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/train/fit.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::TemporaryFolder;

/// 30 rows in batches of 8, which make 4 steps of an epoch; class 1 where the first number is above 0.
data::TensorRows rows() {
  const Tensor x = kernels::normal({.seed = 1}, {30, 5}, 0, 1, DType::float64);
  Tensor labels = Tensor::zeros({30}, DType::int64);
  for (std::int64_t n = 0; n < 30; ++n) {
    labels.set({n}, x.at({n, 0}) > 0 ? 1 : 0);
  }
  return {.inputs = {x}, .targets = {labels}};
}

nn::Sequential small_network() {
  nn::Sequential model{nn::Dense({.in = 5, .out = 8}), nn::Tanh(), nn::Dropout({.rate = 0.25}),
                       nn::Dense({.in = 8, .out = 2})};
  nn::initialize(model, 3);
  nn::to(model, DType::float64);
  return model;
}

struct Trial {
  nn::Sequential model = small_network();
  optim::SGD sgd{nn::parameters(model), {.learning_rate = 0.1, .momentum = 0.9}};
  data::TensorBatches train{rows(), {.batch_size = 8, .seed = 2}},
      held_out{rows(), {.batch_size = 10, .shuffle = false}};
  std::ostringstream log;
  Task<nn::Layer> task = classification(losses::cross_entropy_with_logits);

  FitResult fit(FitOptions options, const Callbacks& callbacks = {}) {
    options.out = &log;
    options.seed = 9;
    return train::fit(model, sgd, task, train, &held_out, options, callbacks);
  }
  std::string weights() { return nn::weights_sha256(model); }
  std::vector<double> numbers() {
    std::vector<double> all;
    for (const auto& [path, parameter] : nn::named_parameters(model)) {
      for (double value : parameter.value().to_vector()) {
        all.push_back(value);
      }
    }
    return all;
  }
};

TEST(FitSteps, AreAsManyAsAreAskedForAndTheLastEpochIsReported) {
  Trial run, epochs;
  const FitResult result = run.fit({.steps = 10});
  EXPECT_EQ(result.steps, 10);
  ASSERT_EQ(result.history.epochs.size(), 3U);
  EXPECT_FALSE(std::isnan(result.history.epochs[2]["val_loss"])) << "the cut epoch is validated";
  EXPECT_THAT(run.log.str(), ::testing::HasSubstr("Epoch 3/3 - "));
  const FitResult whole = epochs.fit({.epochs = 3});
  EXPECT_EQ(whole.history.epochs[1].numbers, result.history.epochs[1].numbers);
  EXPECT_NE(whole.history.epochs[2].numbers, result.history.epochs[2].numbers);
  EXPECT_EQ(Trial().fit({.steps = 12}).history.epochs[2].numbers, whole.history.epochs[2].numbers);
  EXPECT_EQ(Trial().fit({}).steps, 4) << "one epoch unless said otherwise";
}

TEST(FitSteps, ALongerRunCompletesTheEpochThatWasCut) {
  const TemporaryFolder folder;
  const auto options = [&](std::int64_t steps) {
    return FitOptions{.steps = steps, .checkpoint = folder / "checkpoint", .resume = true, .history = folder / "csv"};
  };
  Trial whole, part, again, rest;
  const FitResult expected = whole.fit({.steps = 15});
  part.fit(options(6));
  EXPECT_EQ(read_history_csv(folder / "csv").epochs.size(), 2U);
  again.fit(options(6));
  EXPECT_EQ(again.weights(), part.weights());
  EXPECT_THAT(again.log.str(), ::testing::StartsWith("All 6 steps are done already\n"));
  const FitResult result = rest.fit(options(15));
  EXPECT_EQ(rest.weights(), whole.weights());
  ASSERT_EQ(result.history.epochs.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(result.history.epochs[i].numbers, expected.history.epochs[i].numbers) << i;
  }
  EXPECT_EQ(error_of([&] { Trial().fit(options(14)); }),
            "fit: " + folder / "checkpoint" +
                " is in step 15, beyond the 14 that are asked for; ask for at least 15, or begin anew");
}

TEST(FitValidateEvery, LeavesOutEpochsButNotTheLast) {
  Trial run;
  const FitResult result = run.fit({.epochs = 5, .validate_every = 2});
  for (const EpochResult& epoch : result.history.epochs) {
    EXPECT_EQ(std::isnan(epoch["val_loss"]), epoch.epoch % 2 == 1 && epoch.epoch != 5) << epoch.epoch;
    EXPECT_EQ(epoch.numbers.size(), 4U);
  }
}

TEST(FitCheckpointEvery, SavesWithinEpochsAndAKilledRunGoesOnFromThere) {
  const TemporaryFolder folder;
  /// Dies, as a killed process would, in the step after the sixth.
  struct DieAfterSix : Callback {
    void on_step_begin(FitState& state) override { check(state.step < 6, "killed"); }
  } die;
  Callback nothing;
  const FitOptions options{.epochs = 3,
                           .checkpoint = folder / "checkpoint",
                           .checkpoint_every = {.steps = 3},
                           .resume = true,
                           .progress = ProgressStyle::silent};
  Trial whole, killed, resumed;
  whole.fit({.epochs = 3});
  EXPECT_EQ(error_of([&] { killed.fit(options, {&die}); }), "killed");
  struct FirstStep : Callback {
    void on_step_begin(FitState& state) override { first = first < 0 ? state.step : first; }
    std::int64_t first = -1;
  } first;
  const FitResult result = resumed.fit(options, {&first});
  EXPECT_EQ(first.first, 6) << "in the middle of the second epoch";
  EXPECT_EQ(resumed.weights(), whole.weights());
  EXPECT_EQ(result.history.epochs.size(), 3U);
}

TEST(FitShards, OneIsTheBitsWithoutAndFourAreEqualUpToRounding) {
  Trial plain, one, four, thirty;
  plain.fit({.epochs = 3});
  one.fit({.epochs = 3, .shards = 1});
  four.fit({.epochs = 3, .shards = 4});
  thirty.fit({.epochs = 3, .shards = 30});  // more than there are rows
  EXPECT_EQ(one.weights(), plain.weights());
  EXPECT_NE(four.weights(), plain.weights());
  EXPECT_THAT(four.numbers(), ::testing::Pointwise(::testing::DoubleNear(1e-13), plain.numbers()));
  EXPECT_THAT(thirty.numbers(), ::testing::Pointwise(::testing::DoubleNear(1e-13), plain.numbers()));
}

TEST(FitShards, PiecesAreWeightedByWhatTheyCount) {
  // Every third row counts, so pieces of the same size count differently; the mean is over the rows that count.
  const Task<nn::Layer> task = [](nn::Layer& model, const data::Batch& batch) -> Outcome {
    Tensor counts = Tensor::zeros({batch.rows}, DType::float64);
    double weight = 0;
    for (std::int64_t n = 0; n < batch.rows; ++n) {
      const bool counted = (batch.first_sample + n) % 3 == 0;
      counts.set({n}, counted ? 1 : 0);
      weight += counted ? 1 : 0;
    }
    const Variable logits = model(batch.input());
    return {.loss = losses::cross_entropy_with_logits(batch.target(), logits, {.sample_weights = counts}),
            .weight = weight,
            .outputs = {logits}};
  };
  Trial whole, pieces;
  whole.task = pieces.task = task;
  const FitResult expected = whole.fit({.epochs = 2}), result = pieces.fit({.epochs = 2, .shards = 3});
  EXPECT_THAT(pieces.numbers(), ::testing::Pointwise(::testing::DoubleNear(1e-13), whole.numbers()));
  EXPECT_NEAR(result.history.epochs[1]["loss"], expected.history.epochs[1]["loss"], 1e-13);
}

TEST(FitGradients, AreSeenAndChangedBetweenBackwardAndTheStep) {
  struct Norms : Callback {
    void on_gradients(FitState& state) override {
      double sum = 0;
      for (const auto& [path, parameter] : nn::named_parameters(state.model)) {
        for (double g : parameter.gradient().to_vector()) {
          sum += g * g;
        }
      }
      largest = std::max(largest, std::sqrt(sum));
    }
    double largest = 0;
  } before, after;
  ClipGradientNorm clip(0.01);
  Trial run;
  run.fit({.epochs = 1, .shards = 2}, {&before, &clip, &after});
  EXPECT_GT(before.largest, 0.01);
  EXPECT_NEAR(after.largest, 0.01, 1e-9);
  EXPECT_EQ(error_of([] { ClipGradientNorm(0); }), "ClipGradientNorm: max_norm is 0; it must be finite and above 0");
}

TEST(FitGradients, AreLimitedElementByElement) {
  struct Largest : Callback {
    void on_gradients(FitState& state) override {
      for (const auto& [path, parameter] : nn::named_parameters(state.model)) {
        largest = std::max(largest, kernels::max(kernels::abs(parameter.gradient())).item());
      }
    }
    double largest = 0;
  } before, after;
  ClipGradientValue clip(0.01);
  Trial run;
  run.fit({.epochs = 1, .shards = 2}, {&before, &clip, &after});
  EXPECT_GT(before.largest, 0.01);
  EXPECT_EQ(after.largest, 0.01);
  EXPECT_EQ(clip.settings(), (RunSettings{{"largest gradient element", "0.01"}}));
  EXPECT_EQ(error_of([] { ClipGradientValue(NAN); }),
            "ClipGradientValue: max_value is nan; it must be finite and above 0");
}

TEST(FitGradients, OfWhatTheOptimizerLeavesAloneDoNotAddUp) {
  /// The norm of all gradients that the model has, in the last step.
  struct Norm : Callback {
    void on_gradients(FitState& state) override {
      norm = 0;
      for (const auto& [path, parameter] : nn::named_parameters(state.model)) {
        norm += kernels::sum(parameter.gradient() * parameter.gradient()).item();
      }
    }
    double norm = 0;
  } once, often;
  const auto train = [](const Callbacks& callbacks, std::int64_t steps) {
    Trial trial;
    optim::SGD head({nn::parameters(trial.model).back().item}, {.learning_rate = 1e-300});  // nothing moves
    train::fit(trial.model, head, trial.task, trial.train, nullptr, {.steps = steps, .progress = ProgressStyle::silent},
               callbacks);
  };
  train({&once}, 1);
  train({&often}, 40);
  EXPECT_LT(often.norm, 10 * once.norm);
}

TEST(FitWeights, ABatchOfWhichNothingCountsChangesNothing) {
  // The second batch of four counts for nothing, and the mean over it is NaN.
  const Task<nn::Layer> task = [](nn::Layer& model, const data::Batch& batch) -> Outcome {
    const Variable logits = model(batch.input());
    const bool counts = batch.position.batch != 1;
    const Variable loss = losses::cross_entropy_with_logits(batch.target(), logits);
    return {.loss = counts ? loss : loss * std::numeric_limits<double>::quiet_NaN(),
            .weight = counts ? static_cast<double>(batch.rows) : 0.0,
            .outputs = {logits}};
  };
  struct Watch : Callback {
    void on_step_end(FitState& state) override { weights.push_back(nn::weights_sha256(state.model)); }
    std::vector<std::string> weights;
  } plain, pieces;
  Trial one, four;
  one.task = four.task = task;
  one.fit({.epochs = 1}, {&plain});
  four.fit({.epochs = 1, .shards = 4}, {&pieces});
  EXPECT_EQ(plain.weights[1], plain.weights[0]);
  EXPECT_EQ(pieces.weights[1], pieces.weights[0]);
  EXPECT_NE(plain.weights[2], plain.weights[1]);
  one.task = [](nn::Layer& model, const data::Batch& batch) -> Outcome {
    return {.loss = losses::cross_entropy_with_logits(batch.target(), model(batch.input())), .weight = 0};
  };
  EXPECT_EQ(error_of([&] { one.fit({.epochs = 1}); }),
            "evaluate: nothing in the 30 samples counts, so that there is no mean; give some that the task does not "
            "leave out");
}

TEST(FitStop, ThatWasAskedForBeforeAnInterruptionIsKept) {
  const TemporaryFolder folder;
  struct StopAtTwo : Callback {
    void on_step_end(FitState& state) override { state.stop = state.stop || state.step == 2; }
  } stop;
  Callback nothing;
  const auto options = [&](std::optional<std::int64_t> steps) {
    return FitOptions{.epochs = steps ? std::optional<int>() : 5,
                      .steps = steps,
                      .checkpoint = folder / "checkpoint",
                      .resume = true};
  };
  Trial whole, cut, rest;
  EXPECT_EQ(whole.fit({.epochs = 5}, {&stop}).steps, 4) << "the epoch is completed";
  cut.fit(options(3), {&stop});
  const FitResult result = rest.fit(options({}), {&nothing});
  EXPECT_EQ(result.steps, 4);
  EXPECT_EQ(result.stop_reason, "a callback asked to stop");
  EXPECT_EQ(rest.weights(), whole.weights());
}

/// A metric of validation only.
struct Late : Metric {
  std::string name() const override { return "late"; }
  std::unique_ptr<Metric> fresh() const override { return std::make_unique<Late>(); }
  void add(const data::Batch&, const Outcome&) override {}
  double value() const override { return 7; }
  void visit_state(StateVisitor&) override {}
  bool in_training() const override { return false; }
};

TEST(FitMetrics, OtherOnesThanBeforeAreRefused) {
  const TemporaryFolder folder;
  const auto options = [&](int epochs) {
    return FitOptions{.epochs = epochs, .checkpoint = folder / "checkpoint", .resume = true};
  };
  Trial first, second;
  first.fit(options(1));
  second.task.metrics.push_back(std::make_shared<Late>());
  EXPECT_EQ(
      error_of([&] { second.fit(options(2)); }),
      "checkpoint: " + folder / "checkpoint" +
          " belongs to another run: numbers of an epoch is loss, accuracy, val_loss, val_accuracy in the "
          "checkpoint and loss, accuracy, val_loss, val_accuracy, val_late here; give the same options, or another "
          "folder");
  Trial third;
  third.task = second.task;
  EXPECT_EQ(third.fit({.epochs = 1}).history.epochs[0]["val_late"], 7);
}

TEST(FitRunning, MetricsAreSeenByCallbacks) {
  struct Watch : Callback {
    void on_step_end(FitState& state) override { last = state.running.values(); }
    NamedNumbers last;
  } watch;
  Trial run;
  const FitResult result = run.fit({.epochs = 1}, {&watch});
  ASSERT_EQ(watch.last.size(), 2U);
  EXPECT_EQ(watch.last[0], result.history.epochs[0].numbers[0]);
  EXPECT_EQ(watch.last[1], result.history.epochs[0].numbers[1]);
}

TEST(FitOptions, MistakesAreErrors) {
  const TemporaryFolder folder;
  Trial run;
  const std::string before = run.weights();
  const auto error_with = [&](const FitOptions& options) { return error_of([&] { run.fit(options); }); };
  EXPECT_EQ(error_with({.epochs = 1, .steps = 4}), "fit: epochs and steps are given; give one of them");
  EXPECT_EQ(error_with({.steps = 0}), "fit: steps must be at least 1, it is 0");
  EXPECT_EQ(error_with({.shards = 0}), "fit: shards must be at least 1, it is 0");
  EXPECT_EQ(error_with({.validate_every = 0}), "fit: validate_every must be at least 1, it is 0");
  EXPECT_EQ(error_with({.batch_size = 8}), "fit: batch_size is for sets of pictures; Batches are made with their own");
  EXPECT_EQ(error_with({.transforms = {data::random_crop(1)}}),
            "fit: transforms is for sets of pictures; Batches are made with their own");
  EXPECT_EQ(error_with({.mixing = {.mixup = 1}}),
            "fit: mixing is for sets of pictures; Batches are made with their own");
  EXPECT_EQ(error_with({.normalization = {.mean = {0}, .deviation = {1}}}),
            "fit: normalization is for sets of pictures; Batches are made with their own");
  EXPECT_EQ(error_with({.checkpoint_every = {.steps = 2}}), "fit: checkpoint_every needs a checkpoint; name its file");
  EXPECT_EQ(error_with({.checkpoint = folder / "c", .checkpoint_every = {.seconds = NAN}}),
            "fit: checkpoint_every is 0 steps and nan seconds; both must be finite and at least 0");
  EXPECT_EQ(error_of([&] { train::fit(run.model, run.sgd, run.task, run.train, &run.train, {}); }),
            "fit: training and validation are the same Batches; make two of them, over the same data if that is meant");
  EXPECT_EQ(error_of([&] { train::fit(run.model, run.sgd, Task<nn::Layer>(), run.train, nullptr, {}); }),
            "Task: there is no function to run; give one, such as classification(loss)");
  EXPECT_EQ(run.weights(), before);
}

}  // namespace
}  // namespace gibbs::train
