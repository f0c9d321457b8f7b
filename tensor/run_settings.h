// RunSettings: what the numbers of a run depend on beside its state, as texts under names, so that two runs can be
// compared and what differs can be told. Optimizers, data and the training loop each report theirs.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gibbs {

/// Names and values, in order: {"batch size", "250"}.
using RunSettings = std::vector<std::pair<std::string, std::string>>;

}  // namespace gibbs
