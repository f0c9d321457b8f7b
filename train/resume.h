// Going on from a checkpoint: everything is checked first, then callbacks, model and optimizer are restored; or nothing
// is.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "gibbs/train/callback.h"
#include "gibbs/train/checkpoint.h"

namespace gibbs::train {

/// What a run that goes on has; `here` tells its settings, data and arithmetic.
struct Resumed {
  nn::Module& model;
  optim::Optimizer& optimizer;
  const Callbacks& callbacks;
  std::int64_t images, batch_size;  // of training
  const TrainingState& here;
};

/// Whether there is a file to go on from. Errors: the system cannot tell.
bool has_checkpoint(const std::filesystem::path& path);

/// Restores the parts of `run` and returns where it stood. A line on `out` tells when the arithmetic is another one.
/// Throws, with nothing changed, where load_checkpoint does, when the data have changed, when the position is none that
/// these batches have, and when a callback cannot be restored.
TrainingState resume(const std::filesystem::path& path, const Resumed& run, std::ostream& out);

}  // namespace gibbs::train
