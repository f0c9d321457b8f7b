// Callbacks: what happens beside training, at fixed points of `fit`. Write your own by overriding the points you need.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gibbs/nn/module.h"
#include "gibbs/optim/optimizer.h"
#include "gibbs/optim/schedule.h"
#include "gibbs/train/history.h"
#include "gibbs/train/metric.h"
#include "gibbs/train/monitor.h"

namespace gibbs::train {

/// What a callback sees, and the one thing it may decide.
struct FitState {
  nn::Module& model;
  optim::Optimizer& optimizer;
  const History& history;               // epochs finished so far
  const RunningMetrics& running;        // loss and metrics of the running epoch so far
  std::vector<std::string> names = {};  // of an epoch's numbers, in order: "loss", ..., "val_loss", ...
  int epoch = 0;                        // running or just finished, counted from 1
  std::int64_t step = 0;                // optimizer steps since the very beginning
  bool validates = false;               // there is validation; without, all val_ numbers are NaN
  bool validated = false;               // the epoch that just ended was validated
  bool stop = false;                    // set it to end training after this epoch
  std::string stop_reason = {};
};

/// What `fit` calls, in this order. What on_fit_begin throws ends a run before its first step: look there for mistakes
/// that would otherwise show after hours.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_fit_begin(FitState& /*state*/) {}
  virtual void on_epoch_begin(FitState& /*state*/) {}
  virtual void on_step_begin(FitState& /*state*/) {}
  /// After backward, before the optimizer: to look at gradients, or to change them (nn/clip_gradients.h).
  virtual void on_gradients(FitState& /*state*/) {}
  virtual void on_step_end(FitState& /*state*/) {}
  virtual void on_epoch_end(FitState& /*state*/) {}

  /// What the numbers of a run depend on: a run goes on from a checkpoint with equal ones only. None for what only
  /// looks on.
  virtual RunSettings settings() const { return {}; }
  /// What the callback must remember across an interruption, as text of its own choosing; given back on resume. Throws
  /// when it is the state of another kind of callback.
  virtual std::string saved_state() const { return {}; }
  virtual void restore(const std::string& state);
};

/// Callbacks are owned by the caller and outlive fit.
using Callbacks = std::vector<Callback*>;

/// Limits the gradient's norm before every step: nn::clip_gradient_norm of all that the optimizer steps.
class ClipGradientNorm : public Callback {
 public:
  /// Errors: a norm that is not above 0.
  explicit ClipGradientNorm(double max_norm);
  void on_gradients(FitState& state) override;
  RunSettings settings() const override;

 private:
  double max_norm_;
};

/// Limits every element of the gradient before every step: nn::clip_gradient_value of all that the optimizer steps.
class ClipGradientValue : public Callback {
 public:
  /// Errors: a value that is not above 0.
  explicit ClipGradientValue(double max_value);
  void on_gradients(FitState& state) override;
  RunSettings settings() const override;

 private:
  double max_value_;
};

/// Ends training when the monitored number has not improved by min_delta for `patience` epochs. NaN is no improvement;
/// an epoch without validation does not count for a monitor that needs it. Errors, before the first step: a monitor of
/// what is no number of this run's epochs, or needs validation in a run without. Every run that is not a resumed one
/// counts anew.
class EarlyStopping : public Callback {
 public:
  struct Options {
    Monitor monitor = {};
    int patience = 3;
    double min_delta = 0;
  };
  explicit EarlyStopping(const Options& options);

  void on_fit_begin(FitState& state) override;
  void on_epoch_end(FitState& state) override;
  std::string saved_state() const override;
  void restore(const std::string& state) override;

 private:
  Options options_;
  double best_;
  int epochs_without_ = 0;
};

/// Saves the weights (safetensors), those that are validated, after every epoch that improves on all before, those of
/// earlier runs with this object included. An epoch that the last step cut short counts: a longer run that completes it
/// may find the file of a better one there. Errors, before the first step: a monitor that needs validation in a run
/// without, a path in a folder that is not there, and a best epoch whose file is gone.
class BestWeights : public Callback {
 public:
  struct Options {
    std::filesystem::path path;
    Monitor monitor = {};
  };
  explicit BestWeights(Options options);

  void on_fit_begin(FitState& state) override;
  void on_epoch_end(FitState& state) override;
  std::string saved_state() const override;
  void restore(const std::string& state) override;

 private:
  Options options_;
  double best_;
};

/// What a LearningRateSchedule counts.
enum class Per { epoch = 1, step };

/// Sets the learning rate before every epoch, or before every step: rate(0) before the first, since optim's schedules
/// count from 0. A resumed run goes on with the count, and so with the rates, of the one that was interrupted; a
/// schedule that gives another rate for the last count of that run is refused.
///
///   LearningRateSchedule schedule(optim::cosine({.rate = 1e-3, .length = 25}), {.per = Per::epoch});
class LearningRateSchedule : public Callback {
 public:
  struct Options {
    Per per;  // must be given
  };
  LearningRateSchedule(optim::Schedule rate, const Options& options);

  void on_epoch_begin(FitState& state) override;
  void on_step_begin(FitState& state) override;
  std::string saved_state() const override;
  void restore(const std::string& state) override;

 private:
  void set_rate(FitState& state, std::int64_t count);
  const char* unit() const;

  optim::Schedule rate_;
  Options options_;
  std::optional<std::int64_t> last_;  // count that a rate was set for
};

}  // namespace gibbs::train
