// Files of version 0.1.0, as it wrote them: this version loads its weights, reads its history, and
// refuses its checkpoint with a sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "gibbs/train/checkpoint.h"
#include "gibbs/train/history.h"
#include "tests/testing/expect_op.h"

namespace gibbs::train {
namespace {

const std::string kFolder = GIBBS_SOURCE_DIR "/tests/testing/version_0_1_0/";

nn::Sequential model_of_then() {
  return nn::Sequential(nn::Conv2d({.in = 3, .out = 2, .kernel = 3}), nn::ReLU(), nn::MaxPool2d({.window = 2}),
                        nn::Flatten(), nn::Dropout({.rate = 0.25}), nn::Dense({.in = 18, .out = 3}));
}

/// Picture 0 is ((7 h + 3 w + 5 c) mod 11) / 10, picture 1 its negative.
Tensor pictures() {
  Tensor x = Tensor::zeros({2, 8, 8, 3});
  for (std::int64_t i = 0; i < 192; ++i) {
    const std::int64_t h = i / 24, w = i / 3 % 8, c = i % 3;
    const double value = static_cast<double>((7 * h + 3 * w + 5 * c) % 11) / 10;
    x.set({0, h, w, c}, value);
    x.set({1, h, w, c}, -value);
  }
  return x;
}

TEST(Version010, WeightsLoadAndGiveTheSameLogits) {
  for (const char* file : {"weights.safetensors", "model.safetensors"}) {
    nn::Sequential model = model_of_then();
    const io::Metadata metadata = nn::load_weights(model, kFolder + file);
    EXPECT_EQ(metadata.at("gibbs.version"), "0.1.0") << file;
    EXPECT_EQ(nn::weights_sha256(model), "de821f9126a5dbf0a08b0af0522cb3d4d6dd27d53d924d0d11fc99e63bf21917") << file;
    const std::vector<double> logits = model(pictures()).value().to_vector();
    const std::vector<double> then = {-1.05498028, -0.116718307, -0.0568779558, 0.176770985, -0.402677, -2.53153992};
    EXPECT_THAT(logits, ::testing::Pointwise(::testing::DoubleNear(1e-5), then)) << file;
  }
}

TEST(Version010, TheCheckpointIsRefusedAndChangesNothing) {
  nn::Sequential model = nn::initialized(model_of_then(), 1);
  optim::Adam adam(nn::parameters(model), {.learning_rate = 0.01});
  RunningMetrics running({}, RunningMetrics::For::training);
  const std::string before = nn::weights_sha256(model);
  EXPECT_EQ(gibbs::testing::error_of([&] {
              load_checkpoint(kFolder + "checkpoint.safetensors", {model, adam, running}, {{"loss", "ce"}});
            }),
            "checkpoint: " + kFolder +
                "checkpoint.safetensors was written by gibbs 0.1, whose runs this version cannot continue: begin anew "
                "in another folder, or delete it");
  EXPECT_EQ(nn::weights_sha256(model), before);
}

TEST(Version010, HistoryReads) {
  const History history = read_history_csv(kFolder + "history.csv");
  ASSERT_EQ(history.epochs.size(), 2U);
  EXPECT_EQ(history.epochs[1].epoch, 2);
  EXPECT_EQ(history.epochs[0]["loss"], 1.2083048423131306);
  EXPECT_EQ(history.epochs[1]["val_accuracy"], 0.4444444444444444);
  EXPECT_EQ(history.epochs[1].seconds, 0.052);
}

}  // namespace
}  // namespace gibbs::train
