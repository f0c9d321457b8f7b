// Where a loss that is not finite comes from: the data, a layer, or the loss itself.
#pragma once

#include <functional>
#include <string>

#include "gibbs/nn/forward.h"
#include "gibbs/train/task.h"

namespace gibbs::train {

struct Culprit {
  std::string where;  // "layer '0' Dense(...): output has NaN at element 0"
  bool is_data = false;
};

/// Calls `run` with the task once more, without a tape, and looks at every layer's output. A NaN in the data is to
/// blame for all that comes after it; an infinity may be meant (a mask), and is only told.
Culprit first_not_finite(const detail::BoundTask& task, nn::ForwardOptions options,
                         const std::function<void(const detail::BoundTask&)>& run);

}  // namespace gibbs::train
