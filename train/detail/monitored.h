// What callbacks with a monitor share: whether there is such a number, and what they remember, as text.
#pragma once

#include <string>
#include <vector>

#include "gibbs/train/callback.h"

namespace gibbs::train::detail {

/// Errors: the monitor names none of an epoch's numbers, or one of validation in a run without.
void check_monitor(const char* callback, const Monitor& monitor, const FitState& state);

/// The best value so far, and how often this and that has happened since.
struct MonitorRecord {
  double best;
  std::vector<int> counts;
};

/// "EarlyStopping val_loss 0.25 2": whose it is, so that no other callback takes it for its own; then the numbers, as
/// the shortest decimals that read back to the same bits, in every locale.
std::string to_text(const char* callback, const Monitor& monitor, const MonitorRecord& record);
/// The record with so many counts. Errors: the text is of another callback, monitor or kind.
MonitorRecord from_text(const char* callback, const Monitor& monitor, std::size_t counts, const std::string& text);

}  // namespace gibbs::train::detail
