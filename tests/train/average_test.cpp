// fit with averages of weights: what is validated and saved, and runs that go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "gibbs/data/tensor_batches.h"
#include "gibbs/losses/regression.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/optim.h"
#include "gibbs/train/fit.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using gibbs::testing::TemporaryFolder;

/// A small network with batch norm and dropout, under Adam, with one kind of average.
struct AveragedRun {
  nn::Sequential model =
      nn::initialized(nn::Sequential{nn::Dense({.in = 3, .out = 6}), nn::BatchNorm({.features = 6}), nn::Tanh(),
                                     nn::Dropout({.rate = 0.25}), nn::Dense({.in = 6, .out = 1})},
                      0);
  optim::Adam adam{nn::parameters(model), {.learning_rate = 0.05}};
  optim::EMA ema{adam, {.decay = 0.8}};
  optim::Lookahead lookahead{adam, {.every = 3}};
  optim::Optimizer& optimizer;
  data::TensorRows rows = {.inputs = {kernels::normal({.seed = 1}, {20, 3})},
                           .targets = {kernels::normal({.seed = 2}, {20, 1})}};
  data::TensorBatches train{rows, {.batch_size = 4, .seed = 3}}, held_out{rows, {.batch_size = 10, .shuffle = false}};
  Task<nn::Layer> task = regression(losses::mean_squared_error);

  explicit AveragedRun(bool slow) : optimizer(slow ? static_cast<optim::Optimizer&>(lookahead) : ema) {}

  FitResult fit(const FitOptions& options, const Callbacks& callbacks = {}) {
    FitOptions quiet = options;
    quiet.progress = ProgressStyle::silent;
    return train::fit(model, optimizer, task, train, &held_out, quiet, callbacks);
  }
  double loss() { return evaluate(model, task, held_out)[0].second; }
};

TEST(FitWithAverages, ValidatesAndSavesTheAverages) {
  for (const bool slow : {false, true}) {
    const TemporaryFolder folder;
    AveragedRun run(slow);
    BestWeights best({.path = folder / "best.safetensors", .monitor = {.name = "seconds", .smaller_is_better = false}});
    const FitResult result = run.fit({.steps = 4}, {&best});
    const double reported = result.history.epochs.back()["val_loss"];
    const std::string trained = nn::weights_sha256(run.model);
    EXPECT_NE(run.loss(), reported) << "after fit the model has the weights that are trained";
    {
      const optim::EvaluationWeights averages(run.optimizer);
      EXPECT_EQ(run.loss(), reported);
    }
    EXPECT_EQ(nn::weights_sha256(run.model), trained);
    nn::load_weights(run.model, folder / "best.safetensors");
    EXPECT_EQ(run.loss(), reported);
  }
}

/// Stops after a step as a signal would: the checkpoint is of the middle of an epoch.
struct Interrupt : Callback {
  std::int64_t at;
  explicit Interrupt(std::int64_t step) : at(step) {}
  void on_step_end(FitState& state) override {
    if (state.step == at) {
      std::raise(SIGINT);
    }
  }
};

TEST(FitWithAverages, AResumedRunEndsWithTheSameBits) {
  for (const bool slow : {false, true}) {
    AveragedRun whole(slow);
    const FitResult expected = whole.fit({.epochs = 3});
    for (const std::int64_t step : {1, 4, 7, 10}) {
      const TemporaryFolder folder;
      const FitOptions options{.epochs = 3, .checkpoint = folder / "checkpoint", .resume = true};
      AveragedRun killed(slow), resumed(slow);
      Interrupt interrupt(step), nothing(-1);
      ASSERT_TRUE(killed.fit(options, {&interrupt}).interrupted);
      const FitResult result = resumed.fit(options, {&nothing});
      EXPECT_EQ(nn::weights_sha256(resumed.model), nn::weights_sha256(whole.model)) << slow << " after " << step;
      EXPECT_EQ(result.history.epochs[2]["val_loss"], expected.history.epochs[2]["val_loss"]) << slow << " " << step;
    }
  }
}

}  // namespace
}  // namespace gibbs::train
