// What a checkpoint holds beside tensors, as JSON text: written whole, and read as a schema. An implementation detail
// of checkpoint.cpp.
//
// Every field must be there, once, with a value that training can have reached; nothing else may be. What is wrong is
// told with the field's name, before anything is believed.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "gibbs/train/checkpoint.h"

namespace gibbs::train::detail {

/// What a thing remembers, beside tensors, by the names that it reports to a StateVisitor.
struct Remembered {
  std::map<std::string, std::int64_t> counters;
  std::map<std::string, double> numbers;
};

struct CheckpointState {
  TrainingState training;
  RunSettings optimizer_settings;  // what it was made with
  Remembered optimizer;
  Remembered running;  // loss and metrics of the epoch
};

/// The format that this version writes and reads.
inline constexpr int kCheckpointFormat = 3;
/// Steps, rows and other counters, which are also counted in doubles.
inline constexpr std::int64_t kLargestCount = std::int64_t{1} << 53;

/// `file` opens the messages. Errors: texts that are not UTF-8.
std::string to_json(const CheckpointState& state, const std::string& file);

/// Errors: "checkpoint: FILE was written by gibbs 0.1 ...", and "checkpoint: FILE has a damaged 'state': byte 17:
/// expected epoch, a whole number from 0 to 2147483647, found 3e9; ...".
CheckpointState from_json(std::string_view text, const std::string& file);

}  // namespace gibbs::train::detail
