// Callbacks: what happens beside training, at fixed points of `fit`. Write your own by overriding the points you need.
#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gibbs/nn/module.h"
#include "gibbs/optim/optimizer.h"
#include "gibbs/train/history.h"

namespace gibbs::train {

/// What a callback sees, and the one thing it may decide.
struct FitState {
  nn::Module& model;
  optim::Optimizer& optimizer;
  const History& history;  // epochs finished so far
  int epoch = 0;           // running or just finished, counted from 1
  std::int64_t step = 0;   // optimizer steps since the very beginning
  bool stop = false;       // set it to end training after this epoch
  std::string stop_reason;
};

class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_epoch_begin(FitState& /*state*/) {}
  virtual void on_step_end(FitState& /*state*/) {}
  virtual void on_epoch_end(FitState& /*state*/) {}

  /// What the callback must remember across an interruption, as text of its own choosing; given back on resume.
  virtual std::string saved_state() const { return {}; }
  virtual void restore(const std::string& /*state*/) {}
};

/// Callbacks are owned by the caller and outlive fit.
using Callbacks = std::vector<Callback*>;

/// A number of an epoch's result, and whether less of it is better: &EpochResult::val_loss.
struct Monitor {
  double EpochResult::*value = &EpochResult::val_loss;
  bool smaller_is_better = true;

  /// True when `candidate` improves on `best` by more than min_delta. NaN never does.
  bool improves(double candidate, double best, double min_delta = 0) const {
    return smaller_is_better ? candidate < best - min_delta : candidate > best + min_delta;
  }
  double worst() const {
    const double infinity = std::numeric_limits<double>::infinity();
    return smaller_is_better ? infinity : -infinity;
  }
};

/// Ends training when the monitored number has not improved by min_delta for `patience` epochs.
class EarlyStopping : public Callback {
 public:
  struct Options {
    Monitor monitor = {};
    int patience = 3;
    double min_delta = 0;
  };
  explicit EarlyStopping(const Options& options);

  void on_epoch_end(FitState& state) override;
  std::string saved_state() const override;
  void restore(const std::string& state) override;

 private:
  Options options_;
  double best_;
  int epochs_without_ = 0;
};

/// Saves the weights (safetensors) after every epoch that improves on all before.
class BestWeights : public Callback {
 public:
  struct Options {
    std::filesystem::path path;
    Monitor monitor = {};
  };
  explicit BestWeights(Options options);

  void on_epoch_end(FitState& state) override;
  std::string saved_state() const override;
  void restore(const std::string& state) override;

 private:
  Options options_;
  double best_;
};

/// Sets the learning rate at the start of every epoch: rate(epoch), epoch counted from 1.
class LearningRateSchedule : public Callback {
 public:
  explicit LearningRateSchedule(std::function<double(int epoch)> rate) : rate_(std::move(rate)) {}
  void on_epoch_begin(FitState& state) override { state.optimizer.set_learning_rate(rate_(state.epoch)); }

 private:
  std::function<double(int)> rate_;
};

}  // namespace gibbs::train
