// ReduceLROnPlateau: a learning rate that falls when a number of the epochs no longer gets better.
//
// It is a callback and no optim::Schedule, since it looks at results. The rate that it sets is the optimizer's, which a
// checkpoint holds; so a LearningRateSchedule beside it would set it anew, and undo it.
#pragma once

#include "gibbs/train/callback.h"

namespace gibbs::train {

/// After `patience` epochs without improvement the rate becomes max(factor rate, min_rate), and the next `cooldown`
/// epochs are not counted. NaN is no improvement; an epoch without validation does not count for a monitor that needs
/// it. Every run that is not a resumed one counts anew.
///
/// Patience is Keras', and its default; PyTorch waits for one epoch more than its own. A cooldown is PyTorch's; Keras
/// counts its last epoch. min_delta is a difference, as in Keras; PyTorch's threshold is a share of the best value.
class ReduceLROnPlateau : public Callback {
 public:
  struct Options {
    Monitor monitor = {};
    double factor = 0.1;
    int patience = 10;
    double min_delta = 1e-4;
    bool relative = false;  // min_delta is a share of the best value so far
    int cooldown = 0;
    double min_rate = 0;
    double least_change = 1e-8;  // a rate that would change by no more stays
  };
  /// Throws when factor is outside [0, 1), patience is below 1, or another number is negative or not finite.
  explicit ReduceLROnPlateau(const Options& options);

  void on_fit_begin(FitState& state) override;
  void on_epoch_end(FitState& state) override;
  RunSettings settings() const override;
  std::string saved_state() const override;
  void restore(const std::string& state) override;

 private:
  bool improves(double value) const;

  Options options_;
  double best_;
  int epochs_without_ = 0, cooldown_left_ = 0;
};

}  // namespace gibbs::train
