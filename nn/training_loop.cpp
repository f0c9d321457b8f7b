#include "gibbs/nn/training_loop.h"

namespace gibbs::nn {

ForwardScope TrainingLoop::next(std::int64_t rows) {
  check(rows >= 1, "TrainingLoop::next: a step has at least one row, not ", rows, "; give it the rows of the batch");
  ++next_.step;
  next_.first_sample += static_cast<std::uint64_t>(rows);
  rows_ = rows;
  return piece(0);
}

ForwardScope TrainingLoop::piece(std::int64_t first_row) const {
  check(rows_ > 0, "TrainingLoop::piece: no step has begun; call next(rows) first, with the rows of the whole batch");
  check(first_row >= 0 && first_row < rows_, "TrainingLoop::piece: there is no row ", first_row, " in a batch of ",
        rows_, "; give next() the rows of the whole batch, and piece() the first row of each part");
  return ForwardScope({.training = true,
                       .seed = next_.seed,
                       .step = next_.step - 1,
                       .first_sample = next_.first_sample - static_cast<std::uint64_t>(rows_ - first_row)});
}

}  // namespace gibbs::nn
