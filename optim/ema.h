// EMA: the exponential moving average of the weights (Polyak and Juditsky 1992), which is often better than the weights
// of any step, as if the rate had fallen.
//
//   average = w at the first update, then average += (1 - d) (w - average)
//   d = decay, with warm_up the smaller of it and (1 + n) / (10 + n), where n updates came before
//
// As in PyTorch's AveragedModel with get_ema_avg_fn (decay 0.999); Keras has use_ema with a momentum of 0.99, and puts
// the averages in place of the weights when its fit ends, which fit does not here.
#pragma once

#include "gibbs/optim/average.h"

namespace gibbs::optim {

struct EMAOptions {
  double decay = 0.999;    // in [0, 1): it looks back at some 1 / (1 - decay) updates
  std::int64_t every = 1;  // steps from one update to the next
  bool warm_up = false;    // looks back less at first, as TensorFlow's does that is told num_updates
};

class EMA : public Average {
 public:
  /// Throws when decay is outside [0, 1) or every is below 1.
  explicit EMA(Optimizer& inner, const EMAOptions& options = {});

 private:
  void learn(Parameter& parameter, Tensor& average) override;

  EMAOptions options_;
};

}  // namespace gibbs::optim
