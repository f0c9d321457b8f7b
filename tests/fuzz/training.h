// A training run small enough for a fuzzer, and its checkpoint.
#pragma once

#include <string>

#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "gibbs/train/checkpoint.h"
#include "gibbs/train/fit.h"
#include "tests/fuzz/harness.h"

namespace gibbs::fuzz {

/// Four pictures of one pixel, two for each class, and a model that tells them apart.
struct TinyRun {
  nn::Sequential model = nn::initialized(nn::Sequential{nn::Flatten(), nn::Dense({.in = 1, .out = 2})}, 1);
  optim::Adam adam{nn::parameters(model)};
  train::RunningMetrics running{{std::make_shared<train::Accuracy>()}, train::RunningMetrics::For::training};

  train::TrainingParts parts() { return {.model = model, .optimizer = adam, .running = running}; }

  /// Trains, with this checkpoint, until `epochs` are complete.
  train::FitResult fit(const std::string& checkpoint, int epochs);
  /// load_checkpoint, with the settings that fit asks for.
  train::TrainingState load(const std::string& checkpoint);
  /// Everything that load_checkpoint may change, as text.
  std::string fingerprint();
};

/// The path of a checkpoint of a TinyRun after its first epoch.
const std::string& tiny_checkpoint();

}  // namespace gibbs::fuzz
