// Going on from a checkpoint: everything is checked first, then callbacks, model and optimizer are restored; or nothing
// is.
#pragma once

#include <filesystem>

#include "gibbs/train/fit.h"

namespace gibbs::train {

/// What a run that goes on has, and `here` with its settings, data and arithmetic.
struct Resumed {
  TrainingParts parts;
  const Callbacks& callbacks;
  const FitOptions& options;
  const data::Batches& train;
  const std::vector<std::string>& names;  // of an epoch's numbers
  const TrainingState& here;
};

/// Whether there is a file to go on from. Errors: the system cannot tell.
bool has_checkpoint(const std::filesystem::path& path);

/// Restores the parts of `run` from its checkpoint and returns where it stood. A line on `out` of the options tells
/// when the arithmetic is another one. Throws, with nothing changed, where load_checkpoint does, when the data have
/// changed, when the position is none that these batches and epochs have, and when a callback cannot be restored.
TrainingState resume(const Resumed& run);

}  // namespace gibbs::train
