// Monitor: which number of an epoch's result a callback watches, and which way is better.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace gibbs::train {

/// A number of an epoch's result, by its name in history.csv: {.name = "val_accuracy"}.
struct Monitor {
  std::string name = "val_loss";
  /// Unless given: true for names that end with "loss" and for "seconds", false for those that end with "accuracy"; it
  /// must be given for any other.
  std::optional<bool> smaller_is_better = {};

  /// True for the numbers that are measured in validation: without it they are NaN in every epoch.
  bool needs_validation() const { return name.starts_with("val_"); }
  /// Throws where smaller_is_better must be given.
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
