// Metric: a number that a person wants to know beside the loss, gathered over the batches of an epoch. Accuracy is one;
// others are a class each.
//
// RunningMetrics gathers the loss and all metrics of a task. Whatever they remember is in checkpoints, so that a
// resumed epoch ends with the numbers of one that was never interrupted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gibbs/autograd/variable.h"
#include "gibbs/data/batches.h"
#include "gibbs/tensor/state_visitor.h"
#include "gibbs/train/confusion.h"
#include "gibbs/train/history.h"

namespace gibbs::train {

/// Mean of batch means, each weighted by what it is a mean of; a batch of weight 0 counts for nothing.
class RunningMean {
 public:
  /// Errors: a weight that is negative or not finite.
  void add(double mean, double weight);
  /// NaN as long as there is no weight.
  double value() const;
  double weight() const { return weight_; }
  void visit_state(StateVisitor& visitor) {
    visitor.number("sum", sum_);
    visitor.number("weight", weight_);
  }

 private:
  double sum_ = 0, weight_ = 0;
};

/// What a task makes of one batch.
struct Outcome {
  /// A scalar, the mean over whatever the task counts: rows, pixels, tokens that are not padding.
  Variable loss;
  /// How many these are, so that means over several batches are exact: sum of weight * loss over sum of weight. The
  /// batch's rows unless given.
  std::optional<double> weight = {};
  /// What metrics look at: logits, reconstructions.
  Variables outputs = {};
};

class Metric {
 public:
  virtual ~Metric() = default;
  /// What its column is called (is_column_name), with "val_" before it for validation.
  virtual std::string name() const = 0;
  /// Another metric of this kind, which has seen nothing.
  virtual std::unique_ptr<Metric> fresh() const = 0;
  virtual void add(const data::Batch& batch, const Outcome& outcome) = 0;
  /// Of all that was added; NaN before there was anything.
  virtual double value() const = 0;
  /// Reports everything that value() depends on: counters from 0 to 2^53, and tensors whose shapes are those of a fresh
  /// metric.
  virtual void visit_state(StateVisitor& visitor) = 0;
  /// False for one that is measured in validation only: because it needs all predictions at once, or takes long.
  virtual bool in_training() const { return true; }
};

/// Share of rows whose largest output stands at the target: targets int64 [N, ...], or distributions
/// [N, ..., K], of which the largest entry counts; first output [N, ..., K].
class Accuracy : public Metric {
 public:
  /// Rows of the class `ignore_index` are not counted.
  explicit Accuracy(std::optional<std::int64_t> ignore_index = {}) : ignore_index_(ignore_index) {}

  std::string name() const override { return "accuracy"; }
  std::unique_ptr<Metric> fresh() const override;
  void add(const data::Batch& batch, const Outcome& outcome) override;
  double value() const override;
  void visit_state(StateVisitor& visitor) override;

 private:
  std::optional<std::int64_t> ignore_index_;
  std::int64_t correct_ = 0, rows_ = 0;
};

/// The metrics of a task: patterns, of which fresh ones are made.
using Metrics = std::vector<std::shared_ptr<const Metric>>;

/// The names of an epoch's numbers: those of training, then those of validation, which begin with val_.
std::vector<std::string> column_names(const Metrics& metrics);

/// The mean loss of a task, under "loss", and its metrics, over the batches that were added.
class RunningMetrics {
 public:
  enum class For { training, validation };

  /// Errors: a metric that is null, and names that are used twice or cannot be a column.
  RunningMetrics(const Metrics& patterns, For purpose);

  void add(const data::Batch& batch, const Outcome& outcome);
  void clear();
  NamedNumbers values() const;
  double loss() const { return loss_.value(); }
  /// Of all batches together: 0 when nothing has counted.
  double weight() const { return loss_.weight(); }
  void visit_state(StateVisitor& visitor);

 private:
  RunningMean loss_;
  std::vector<std::unique_ptr<Metric>> metrics_;
};

}  // namespace gibbs::train
