// Monitor: which number of an epoch's result a callback watches, what it is called, and which way is better.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "gibbs/train/history.h"

namespace gibbs::train {

/// A number of an epoch's result: {&EpochResult::loss}.
struct Monitor {
  double EpochResult::*value = &EpochResult::val_loss;
  /// Unless given: false for accuracies, true for the others.
  std::optional<bool> smaller_is_better = {};

  /// The name of the number, as history.csv has it: "val_loss". Throws for a null pointer.
  std::string name() const;
  /// True for the numbers that need validation images: without any they are NaN in every epoch.
  bool needs_validation() const;
  bool smaller_wins() const;

  /// True when `candidate` improves on `best` by more than min_delta. NaN never does.
  bool improves(double candidate, double best, double min_delta = 0) const {
    return smaller_wins() ? candidate < best - min_delta : candidate > best + min_delta;
  }
  /// What every number improves on.
  double worst() const {
    const double infinity = std::numeric_limits<double>::infinity();
    return smaller_wins() ? infinity : -infinity;
  }
};

}  // namespace gibbs::train
