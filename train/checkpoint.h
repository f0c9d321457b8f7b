// Checkpoint: everything that training needs to go on, in one safetensors file that any reader of that format opens.
//
//   model/<path>        weights and buffers
//   optimizer/<name>    the optimizer's moments
//   metadata            "state", JSON: step, position in the data, running sums, history, callbacks' state, and what
//   the
//                       run depends on; "gibbs.architecture"; and a checksum over every byte (io/safetensors.h)
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

#include "gibbs/data/batch_maker.h"
#include "gibbs/nn/module.h"
#include "gibbs/optim/optimizer.h"
#include "gibbs/train/history.h"
#include "gibbs/train/metrics.h"
#include "gibbs/train/run_settings.h"

namespace gibbs::train {

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
  RunSettings data = {};        // describe_data
  RunSettings arithmetic = {};  // describe_arithmetic
};

/// Path of the first parameter that holds NaN or infinity; empty when all are finite.
std::string first_not_finite(nn::Module& model);

/// Written atomically. Refuses parameters that are not finite, so that the last good checkpoint stays, and texts of
/// callbacks or settings that are not UTF-8.
void save_checkpoint(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer,
                     const TrainingState& state);

/// Restores model and optimizer, and returns where training stood. Throws, with nothing changed, when a bit of the file
/// is not as it was written, when a field is missing, unknown or has a value that training cannot reach, and when it is
/// not a checkpoint of this model, this optimizer and a run of these settings; the message names what differs.
/// `accept` is called with the state when all that is checked and nothing is changed yet: it throws to refuse, too.
TrainingState load_checkpoint(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer,
                              const RunSettings& settings,
                              const std::function<void(const TrainingState&)>& accept = {});

}  // namespace gibbs::train
