// History: what training reached, epoch by epoch, and its CSV file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gibbs::train {

/// One row. Losses in nats per image, accuracies in [0, 1], seconds of wall time. Without validation data the val_
/// columns are NaN.
struct EpochResult {
  int epoch = 0;  // counted from 1
  double loss = 0;
  double accuracy = 0;
  double val_loss = 0;
  double val_accuracy = 0;
  double seconds = 0;
};

struct History {
  std::vector<EpochResult> epochs;

  /// "epoch,loss,accuracy,val_loss,val_accuracy,seconds", then a line per epoch; numbers in full precision, NaN empty.
  std::string to_csv() const;
  /// Written atomically, so that a reader never sees half a file.
  void write_csv(const std::filesystem::path& path) const;
};

/// The inverse of to_csv, for drawing and comparing runs. Spreadsheets' changes do no harm: a byte order mark and lines
/// that end in CRLF. Errors name line and column: what is missing, too much, no number, or a number that does not fit.
History read_history_csv(const std::filesystem::path& path);

}  // namespace gibbs::train
