// Checkpoints of optimizers with groups, and of several optimizers: what they name, what they refuse, how they go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/io/safetensors.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/optim.h"
#include "gibbs/train/checkpoint.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using gibbs::testing::error_of;

nn::Sequential two_layers() {
  return nn::initialized(nn::Sequential{nn::Dense({.in = 3, .out = 2}), nn::Dense({.in = 2, .out = 1})}, 1);
}

void save(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer) {
  RunningMetrics none{{}, RunningMetrics::For::training};
  save_checkpoint(path, {model, optimizer, none}, {});
}

void load(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer) {
  RunningMetrics none{{}, RunningMetrics::For::training};
  load_checkpoint(path, {model, optimizer, none}, {});
}

/// The weights' fingerprint after a step.
std::string step(nn::Sequential& model, optim::Optimizer& optimizer) {
  optimizer.clear_gradients();
  backward(sum(model(Tensor::of({{1, -2, 3}}))));
  optimizer.step();
  return nn::weights_sha256(model);
}

TEST(OptimizerGroups, CheckpointsNameMomentsAfterTheirParameters) {
  const gibbs::testing::TemporaryFolder folder;
  nn::Sequential model = two_layers();
  optim::SGD sgd(nn::parameters(model), {.momentum = 0.9});
  save(folder / "a.safetensors", model, sgd);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : io::read_safetensors(folder / "a.safetensors").tensors) {
    if (name.starts_with("optimizer/")) {
      names.push_back(name);
    }
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("optimizer/0.weight.velocity", "optimizer/0.bias.velocity",
                                                     "optimizer/1.weight.velocity", "optimizer/1.bias.velocity"));
}

TEST(OptimizerGroups, OtherGroupsAreRefused) {
  const gibbs::testing::TemporaryFolder folder;
  const std::filesystem::path path = folder / "a.safetensors";
  nn::Sequential model = two_layers();
  const optim::Parameters all = nn::parameters(model), biases = all.called("bias"), weights = all.called("weight");
  optim::AdamW plain(all), saved({{.parameters = weights}, {.parameters = biases, .weight_decay = 0}}),
      scaled({{.parameters = weights}, {.parameters = biases, .rate_scale = 2, .weight_decay = 0}}),
      swapped({{.parameters = biases}, {.parameters = weights, .weight_decay = 0}});
  save(path, model, saved);
  const auto error_with = [&](optim::Optimizer& here) { return error_of([&] { load(path, model, here); }); };
  const std::string start = "checkpoint: " + path.string() +
                            " belongs to another run: optimizer's group 1 is rate scale 1, weight decay 0: 0.bias, "
                            "1.bias in the checkpoint and ",
                    end = " here; give the same options, or another folder";
  EXPECT_EQ(error_with(plain), start + "not set" + end);
  EXPECT_EQ(error_with(scaled), start + "rate scale 2, weight decay 0: 0.bias, 1.bias" + end);
  EXPECT_EQ(error_with(swapped), start + "rate scale 1, weight decay 0: 0.weight, 1.weight" + end);
  load(path, model, saved);
}

/// A model whose first layer learns by SGD, and whose second by AdamW.
struct Mixed {
  nn::Sequential model = two_layers();
  optim::Parameters all = nn::parameters(model);
  optim::SGD sgd{all.below("0"), {.learning_rate = 0.1, .momentum = 0.9}};
  optim::AdamW adamw{all.below("1"), {.learning_rate = 0.01}};
  optim::Several several{{&sgd, &adamw}};
};

TEST(OptimizerGroups, SeveralOptimizersGoOnWithTheSameBits) {
  const gibbs::testing::TemporaryFolder folder;
  Mixed before, after;
  step(before.model, before.several);
  before.several.set_learning_rate(0.5);
  save(folder / "a.safetensors", before.model, before.several);
  load(folder / "a.safetensors", after.model, after.several);
  EXPECT_EQ(step(after.model, after.several), step(before.model, before.several));
}

}  // namespace
}  // namespace gibbs::train
