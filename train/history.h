// History: what training reached, epoch by epoch, and its CSV file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gibbs::train {

/// Numbers under names, in order: {"loss", 0.7}, {"accuracy", 0.5}.
using NamedNumbers = std::vector<std::pair<std::string, double>>;

/// One row: the epoch's numbers under their names, in order, such as "loss", "accuracy", "val_loss" and "val_accuracy".
/// Losses are means, in nats where they are entropies; what was not measured is NaN.
struct EpochResult {
  int epoch = 0;  // counted from 1
  NamedNumbers numbers = {};
  double seconds = 0;  // of wall time

  /// The number of this name, or the seconds; NaN when there is none.
  double operator[](std::string_view name) const;
};

struct History {
  std::vector<EpochResult> epochs;

  /// "epoch,loss,accuracy,val_loss,val_accuracy,seconds", with the names of the first epoch's numbers, then a line per
  /// epoch; numbers in full precision, NaN empty.
  std::string to_csv() const;
  /// Written atomically, so that a reader never sees half a file.
  void write_csv(const std::filesystem::path& path) const;
};

/// More numbers than any epoch has.
inline constexpr std::size_t kMostColumns = 1000;
/// Whether a number can be called so: 1 to 64 letters, digits and _ - . @, other than "epoch" and "seconds".
bool is_column_name(std::string_view name);

/// The inverse of to_csv, for drawing and comparing runs. Spreadsheets' changes do no harm: a byte order mark and lines
/// that end in CRLF. Errors name line and column: what is missing, too much, no number, or a number that does not fit.
History read_history_csv(const std::filesystem::path& path);

}  // namespace gibbs::train
