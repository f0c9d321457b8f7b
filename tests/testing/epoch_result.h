// The row of history of an epoch of classification.
#pragma once

#include "gibbs/train/history.h"

namespace gibbs::testing {

inline train::EpochResult epoch_result(int epoch, double loss, double accuracy, double val_loss, double val_accuracy,
                                       double seconds) {
  return {.epoch = epoch,
          .numbers = {{"loss", loss}, {"accuracy", accuracy}, {"val_loss", val_loss}, {"val_accuracy", val_accuracy}},
          .seconds = seconds};
}

}  // namespace gibbs::testing
