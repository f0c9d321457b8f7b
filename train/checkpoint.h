// Checkpoint: everything that training needs to go on, in one safetensors file that any reader of that format opens.
//
//   model/<path>        weights and buffers
//   optimizer/<name>    the optimizer's moments
//   running/<name>      tensors of the running metrics
//   metadata            "state", JSON: step, position in the data, what loss and metrics have gathered, history,
//                       callbacks' state, and what the run depends on; "gibbs.architecture"; and a checksum over every
//                       byte (io/safetensors.h)
//
// Everything else (orders of batches, dropout masks) is a function of seed and position and is computed again.
//
// What the run depends on is compared before it goes on. Refused: other settings (batch size, seed, the caller's own),
// another model, an optimizer made with other options, other data. Said in one line: another OpenBLAS core, instruction
// set or fusion, which compute the same training with other roundings. Not compared: the number of epochs and of
// threads. Checkpoints of version 0.1 (format 2) are refused; this is format 3.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gibbs/data/batches.h"
#include "gibbs/nn/module.h"
#include "gibbs/optim/optimizer.h"
#include "gibbs/train/history.h"
#include "gibbs/train/metric.h"
#include "gibbs/train/run_settings.h"

namespace gibbs::train {

/// Where training stands, between two steps.
struct TrainingState {
  std::int64_t step = 0;              // optimizer steps so far
  data::BatchPosition position = {};  // of the next batch
  double epoch_seconds = 0;           // spent on the running epoch
  History history = {};               // of finished epochs
  std::vector<std::string> callbacks = {};
  std::string stop_reason = {};  // of a run that a callback ended early
  RunSettings settings = {};
  RunSettings data = {};        // digests of the data
  RunSettings arithmetic = {};  // describe_arithmetic
};

/// Path of the first parameter that holds NaN or infinity; empty when all are finite.
std::string first_not_finite(nn::Module& model);

/// What training remembers from step to step, which a checkpoint keeps and gives back.
struct TrainingParts {
  nn::Module& model;
  optim::Optimizer& optimizer;
  RunningMetrics& running;
};

/// Written atomically. Refuses parameters that are not finite, so that the last good checkpoint stays, and texts of
/// callbacks or settings that are not UTF-8.
void save_checkpoint(const std::filesystem::path& path, const TrainingParts& parts, const TrainingState& state);

/// Restores model, optimizer and metrics, and returns where training stood. Throws, with nothing changed, when a bit of
/// the file is not as it was written, when a field is missing, unknown or has a value that training cannot reach, and
/// when it is not a checkpoint of this model, this optimizer and a run of these settings; the message names what
/// differs. `accept` is called with the state when all that is checked and nothing is changed yet: it throws to refuse,
/// too.
TrainingState load_checkpoint(const std::filesystem::path& path, const TrainingParts& parts,
                              const RunSettings& settings,
                              const std::function<void(const TrainingState&)>& accept = {});

}  // namespace gibbs::train
