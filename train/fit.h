// fit: the training loop. One step is: the next batch, forward, loss, backward, optimizer.
//
// Everything that the numbers depend on is in the arguments and in the checkpoint, nothing in hidden state: a run that
// is killed and resumed ends with the same bits as one that never was.
#pragma once

#include <filesystem>
#include <iostream>
#include <optional>

#include "gibbs/data/batch_maker.h"
#include "gibbs/train/callback.h"
#include "gibbs/train/checkpoint.h"
#include "gibbs/train/evaluate.h"
#include "gibbs/train/progress.h"

namespace gibbs::train {

struct FitOptions {
  int epochs = 1;
  std::int64_t batch_size = 32;
  /// Of the order of batches and of dropout.
  std::uint64_t seed = 0;
  std::vector<data::Transform> transforms = {};

  /// Where the state of training is kept: after every epoch, and when interrupted. Empty: nowhere.
  std::filesystem::path checkpoint = {};
  /// Continue from the checkpoint when it is there. The run that wrote it must have had this data, down to the order of
  /// pictures, an optimizer made with these options, this batch size, seed and list of callbacks, and must not have
  /// gone beyond `epochs`. Another OpenBLAS core or fusion is said on `out` and goes on, with other roundings.
  bool resume = false;
  /// Whatever the numbers depend on that fit cannot see, by name: the loss, what transforms do. A checkpoint with other
  /// settings is refused.
  RunSettings settings = {};
  /// Where the results of all epochs are written after every epoch, as CSV. Empty: nowhere.
  std::filesystem::path history = {};

  ProgressStyle progress = ProgressStyle::automatic;
  std::ostream* out = &std::cout;
};

struct FitResult {
  History history;
  std::int64_t steps = 0;          // since the very beginning
  double median_step_seconds = 0;  // of the steps of this call, everything included; 0 when there was none
  /// Seconds of the epochs of this call, saving included and validation aside, over those of their steps without
  /// waiting for batches: 1 when all is hidden; 0 without an epoch.
  double epoch_over_steps = 0;
  double validation_images_per_second = 0;  // the median of the epochs of this call
  bool interrupted = false;                 // by a signal: finished the step, saved, and stopped
  int signal = 0;                           // which: SIGINT (Ctrl-C), SIGTERM or SIGHUP; 0 when not interrupted
  std::string stop_reason;                  // why it ended before the last epoch; empty otherwise
};

/// Trains the model. `validation` may be empty. Arguments that would spoil the run are refused before its first step
/// (train/detail/fit_arguments.h). Throws when the loss becomes NaN or infinite: the message names the step and the
/// layer in which it first appeared, and the last good checkpoint stays. A Profile of this thread (autograd/profile.h)
/// sees its steps; validation lies between them.
FitResult fit(nn::Layer& model, optim::Optimizer& optimizer, const LossFunction& loss, const data::Subset& train,
              const data::Subset& validation, const FitOptions& options, const Callbacks& callbacks = {});

}  // namespace gibbs::train
