// Checkpoint: everything that training needs to go on, in one safetensors file that any reader of that format opens.
//
//   model/<path>        weights and buffers
//   optimizer/<name>    the optimizer's moments
//   metadata "state"    JSON: step, position in the data, running sums, history, callbacks' state, the run's options
//
// Everything else (orders of batches, dropout masks) is a function of seed and position and is computed again.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "gibbs/data/batch_maker.h"
#include "gibbs/nn/module.h"
#include "gibbs/optim/optimizer.h"
#include "gibbs/train/history.h"
#include "gibbs/train/metrics.h"

namespace gibbs::train {

/// Names and values of what the numbers of a run depend on beside its state: data size, batch size, seed, the loss.
using RunSettings = std::vector<std::pair<std::string, std::string>>;

/// Where training stands, between two steps.
struct TrainingState {
  std::int64_t step = 0;              // optimizer steps so far
  data::BatchPosition position = {};  // of the next batch
  RunningMean loss = {};              // of the running epoch
  std::int64_t correct = 0;           // predictions of the running epoch
  double epoch_seconds = 0;           // spent on the running epoch
  History history = {};               // of finished epochs
  std::vector<std::string> callbacks = {};
  std::string stop_reason = {};  // of a run that a callback ended early
  RunSettings settings = {};
};

/// Path of the first parameter that holds NaN or infinity; empty when all are finite.
std::string first_not_finite(nn::Module& model);

/// Written atomically. Refuses parameters that are not finite, so that the last good checkpoint stays.
void save_checkpoint(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer,
                     const TrainingState& state);

/// Restores model and optimizer, and returns where training stood. Throws, with nothing changed, when the file is not a
/// checkpoint of this model, this optimizer and a run of these settings; the message names the settings that differ.
TrainingState load_checkpoint(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer,
                              const RunSettings& settings);

}  // namespace gibbs::train
