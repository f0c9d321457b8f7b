// fit: the training loop. One step is: the next batch, forward, loss, backward, optimizer.
//
//   train::fit(model, adam, losses::cross_entropy_with_logits, split.train, split.validation, {.epochs = 25});
//   train::fit(vae, adam, task, rows, &held_out, {.steps = 10000, .checkpoint = "vae.safetensors", .resume = true});
//
// The first is for classes of pictures, the second for any model, task and data (task.h, data/batches.h). Everything
// that the numbers depend on is in the arguments and in the checkpoint, nothing in hidden state: a run that is killed
// and resumed ends with the same bits as one that never was.
#pragma once

#include <concepts>
#include <filesystem>
#include <iostream>
#include <optional>
#include <type_traits>

#include "gibbs/data/image_batches.h"
#include "gibbs/data/mixing.h"
#include "gibbs/train/callback.h"
#include "gibbs/train/checkpoint.h"
#include "gibbs/train/evaluate.h"
#include "gibbs/train/progress.h"
#include "gibbs/train/task.h"

namespace gibbs::train {

/// How often within an epoch, whichever is given, or both.
struct Interval {
  std::int64_t steps = 0;  // whenever the steps of the whole run are a multiple of this
  double seconds = 0;      // since the checkpoint before
};

struct FitOptions {
  /// How long to train: this many epochs, or this many steps of the optimizer. One epoch when neither is given. An
  /// epoch that the last step cuts short is validated and reported like the others.
  std::optional<int> epochs = {};
  std::optional<std::int64_t> steps = {};
  /// For pictures only, as are the transforms, the mixing and the normalization; Batches have their own. 32 unless
  /// given.
  std::optional<std::int64_t> batch_size = {};
  /// Of dropout; and, for pictures, of the order of batches.
  std::uint64_t seed = 0;
  std::vector<data::Transform> transforms = {};
  /// Mixup and cutmix of training pictures: losses see distributions, and `accuracy` their largest entries.
  data::Mixing mixing = {};
  /// Of training and validation pictures; kept with the model, so that evaluate and whoever reads it later does the
  /// same.
  data::Normalization normalization = {};
  /// A batch is taken in this many pieces, one after the other: their gradients, weighted, are added in a fixed binary
  /// tree and divided by the sum of weights. Memory of a piece, step of the batch; equal to 1 up to rounding. A
  /// piece of weight 0 (task.h) has no gradient, whatever its loss is.
  int shards = 1;

  /// Validate after every so many epochs, and after the last of the run, which a longer run that goes on from it has in
  /// its history, too. The val_ numbers of the others are NaN.
  int validate_every = 1;
  /// Where the state of training is kept: after every epoch, and when interrupted. Empty: nowhere.
  std::filesystem::path checkpoint = {};
  /// And within epochs, so that a machine that dies takes less with it.
  Interval checkpoint_every = {};
  /// Continue from the checkpoint when it is there. The run that wrote it must have had these data, down to their
  /// order, an optimizer made with these options, this seed, these shards and list of callbacks with their settings,
  /// and must not have gone beyond the epochs or steps. Another OpenBLAS core or fusion is said on `out` and goes on,
  /// with other roundings.
  bool resume = false;
  /// Whatever the numbers depend on that fit cannot see, by name: the loss, what transforms of your own do. A
  /// checkpoint with other settings is refused.
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
  double validation_rows_per_second = 0;  // the median of the epochs of this call
  bool interrupted = false;               // by a signal: finished the step, saved, and stopped
  int signal = 0;                         // which: SIGINT (Ctrl-C), SIGTERM or SIGHUP; 0 when not interrupted
  std::string stop_reason;                // why it ended before the last epoch; empty otherwise
};

/// Trains the model on pictures and their classes. `validation` may be empty. Arguments that would spoil the run are
/// refused before its first step (train/detail/fit_arguments.h). Throws when the loss depends on no parameter that the
/// optimizer steps, and when it becomes NaN or infinite: the message names the step and the row of the data, or the
/// layer, in which that first appeared, and the last good checkpoint stays. A Profile of this thread
/// (autograd/profile.h) sees its steps; validation lies between them.
FitResult fit(nn::Layer& model, optim::Optimizer& optimizer, const LossFunction& loss, const data::Subset& train,
              const data::Subset& validation, const FitOptions& options, const Callbacks& callbacks = {});

namespace detail {

FitResult fit(nn::Module& model, optim::Optimizer& optimizer, const BoundTask& task, data::Batches& train,
              data::Batches* validation, const FitOptions& options, const Callbacks& callbacks);

}  // namespace detail

/// The same for any model, task and data. `validation` may be null; its epoch 0 is what is measured. Batches are used
/// by nobody else meanwhile.
template <std::derived_from<nn::Module> M>
FitResult fit(M& model, optim::Optimizer& optimizer, const Task<std::type_identity_t<M>>& task, data::Batches& train,
              data::Batches* validation, const FitOptions& options, const Callbacks& callbacks = {}) {
  return detail::fit(model, optimizer, detail::BoundTask::of(model, task), train, validation, options, callbacks);
}

}  // namespace gibbs::train
