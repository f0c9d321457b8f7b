// TrainingLoop: the counter of a loop of one's own. Every step of training asks it for the scope to run in.
//
//   nn::TrainingLoop loop({.seed = 0});
//   for (...) {
//     const nn::ForwardScope scope = loop.next(batch.rows);
//     const Variable loss = f(model(batch.input()));  // dropout draws what belongs to this step and these samples
//     ...
//   }
//
// A step that is made in pieces (gradient accumulation, shards) asks for the scope of every piece. Then dropout draws
// for the pieces what it would have drawn for the batch, and the gradients add up to those of the batch:
//
//   const nn::ForwardScope step = loop.next(batch.rows);  // of the whole batch
//   for (std::int64_t first = 0; first < batch.rows; first += 8) {
//     const nn::ForwardScope piece = loop.piece(first);
//     backward(loss of rows [first, first + 8) / batch.rows);
//   }
//
// It counts and knows nothing else. `train::fit` uses it, too: a loop of one's own over the same batches draws what fit
// draws, as long as no short batch is left out of an epoch.
#pragma once

#include <cstdint>

#include "gibbs/nn/forward.h"

namespace gibbs::nn {

/// Where a loop begins: at the beginning, or where another one ended (its `step()` and `first_sample()`).
struct TrainingLoopOptions {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;          // steps that were made before
  std::uint64_t first_sample = 0;  // samples that were seen before
};

class TrainingLoop {
 public:
  explicit TrainingLoop(const TrainingLoopOptions& options = {}) : next_(options) {}

  /// Begins the next step, on a batch of so many rows: the scope of training of this step. Keep it until the step's
  /// forward passes are done. Throws when there is not one row.
  [[nodiscard]] ForwardScope next(std::int64_t rows);

  /// The scope of that part of the current step's batch which begins at the batch's row `first_row`. Pieces may be made
  /// in any order, and on any thread while no step begins. Throws before the first step, and when the batch has no such
  /// row.
  [[nodiscard]] ForwardScope piece(std::int64_t first_row) const;

  /// Steps that have begun, and samples that they have seen: what the next step begins with, and what a run that is
  /// resumed is given.
  std::uint64_t step() const { return next_.step; }
  std::uint64_t first_sample() const { return next_.first_sample; }

 private:
  TrainingLoopOptions next_;
  std::int64_t rows_ = 0;  // of the current step; 0 before the first
};

}  // namespace gibbs::nn
