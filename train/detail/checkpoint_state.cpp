#include "gibbs/train/detail/checkpoint_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "gibbs/io/detail/json_cursor.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train::detail {
namespace {

using io::detail::JsonCursor;

constexpr std::int64_t kMostEpochs = std::numeric_limits<int>::max();
constexpr std::int64_t kMost = std::int64_t{1} << 53;  // steps and rows, which are also counted in doubles
constexpr double kAny = std::numeric_limits<double>::max();
constexpr const char* kWhatToDo = "; delete the file to begin anew, or choose another folder";

/// The shortest digits that read back to the same bits; a text for what JSON has no numbers for.
std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value)
         : std::isnan(value)  ? "\"nan\""
         : value < 0          ? "\"-inf\""
                              : "\"inf\"";
}

/// Writes texts as JSON, and says whose they were when they cannot be.
struct Quote {
  const std::string& file;

  std::string operator()(const std::string& text, const std::string& field) const {
    std::optional<std::string> result = io::detail::json_quoted(text);
    check(result.has_value(), "checkpoint: ", file, ": ", field, " is not UTF-8: '", printable(text), "'");
    return *std::move(result);
  }
  std::string operator()(const RunSettings& settings, const std::string& field) const {
    std::vector<std::string> pairs;
    for (const auto& [name, value] : settings) {
      pairs.push_back(fmt::format("[{},{}]", (*this)(name, field), (*this)(value, field)));
    }
    return fmt::format("[{}]", fmt::join(pairs, ","));
  }
};

/// A number in [least, most], or NaN where there may be none.
double real_between(JsonCursor& cursor, const std::string& field, double least, double most, bool may_be_nan) {
  const std::uint64_t at = cursor.offset();
  const double value = cursor.real(field);
  if (!(value >= least && value <= most) && !(may_be_nan && std::isnan(value))) {
    const std::string range = least == -kAny ? "a finite number"
                              : most == kAny ? "a finite number from 0"
                                             : "a number from 0 to 1";
    cursor.expected_at(at, fmt::format("{}, {}{}", field, range, may_be_nan ? " or \"nan\"" : ""),
                       fmt::format("{}", value));
  }
  return value;
}

RunSettings read_settings(JsonCursor& cursor, const std::string& field) {
  RunSettings settings;
  cursor.array([&] {
    const std::uint64_t at = cursor.offset();
    cursor.expect('[');
    std::string name = cursor.string("a name of " + field);
    const bool known = std::any_of(settings.begin(), settings.end(), [&](const auto& s) { return s.first == name; });
    if (known) {
      cursor.expected_at(at, "a name of " + field + " that was not there before", "\"" + name + "\" again");
    }
    cursor.expect(',');
    std::string value = cursor.string("a value of " + field);
    cursor.expect(']');
    settings.emplace_back(std::move(name), std::move(value));
  });
  return settings;
}

/// Epochs are numbered 1, 2, ... without gaps.
History read_history(JsonCursor& cursor) {
  History history;
  cursor.array([&] {
    const auto place = static_cast<std::int64_t>(history.epochs.size()) + 1;
    const std::string row = fmt::format("row {} of history", place);
    EpochResult e;
    cursor.expect('[');
    e.epoch = static_cast<int>(cursor.integer("the epoch in " + row, place, place));
    const auto next = [&](const char* name, double least, double most, bool may_be_nan) {
      cursor.expect(',');
      return real_between(cursor, fmt::format("{} in {}", name, row), least, most, may_be_nan);
    };
    e.loss = next("the loss", -kAny, kAny, true);
    e.accuracy = next("the accuracy", 0, 1, true);
    e.val_loss = next("val_loss", -kAny, kAny, true);
    e.val_accuracy = next("val_accuracy", 0, 1, true);
    e.seconds = next("the seconds", 0, kAny, false);
    cursor.expect(']');
    history.epochs.push_back(e);
  });
  return history;
}

/// What one field says must fit to what others say.
void check_agreement(const TrainingState& state, const std::string& file) {
  const auto agree = [&](bool ok, const auto&... parts) {
    check(ok, "checkpoint: ", file, " has a damaged 'state': ", parts..., kWhatToDo);
  };
  const auto finished = static_cast<std::int64_t>(state.history.epochs.size());
  agree(finished == state.position.epoch, "epoch is ", state.position.epoch, ", but history has ", finished, " rows");
  agree(state.correct <= state.loss.rows(), "correct is ", state.correct, ", more than the ", state.loss.rows(),
        " of loss_rows");
  agree(state.position.batch > 0 || (state.loss.rows() == 0 && state.loss.sum() == 0), "batch is 0, but loss_rows is ",
        state.loss.rows(), " and loss_sum ", state.loss.sum());
  agree(state.step >= state.position.epoch + state.position.batch, "step is ", state.step, ", fewer than the ",
        state.position.epoch, " of epoch and the ", state.position.batch, " of batch");
}

using Fields = std::map<std::string, std::function<void()>>;

/// Refuses what other versions have written, before a field of it is looked at.
void check_format(JsonCursor& cursor, const std::string& file) {
  const std::int64_t format = cursor.integer("format", 1, kMost);
  check(
      format >= kCheckpointFormat, "checkpoint: ", file,
      " was written by gibbs 0.1, whose runs this version cannot continue: begin anew in another folder, or delete it");
  check(format == kCheckpointFormat, "checkpoint: ", file, " has format ", format, ", and this version reads ",
        kCheckpointFormat, ": go on with the later gibbs that wrote it, or begin anew in another folder");
}

Fields training_fields(JsonCursor& cursor, TrainingState& t) {
  const auto read_callbacks = [&] {
    cursor.array([&] { t.callbacks.push_back(cursor.string("the text of a callback")); });
  };
  return {{"step", [&] { t.step = cursor.integer("step", 0, kMost); }},
          {"epoch", [&] { t.position.epoch = cursor.integer("epoch", 0, kMostEpochs); }},
          {"batch", [&] { t.position.batch = cursor.integer("batch", 0, kMost); }},
          {"loss_sum", [&] { t.loss.restore(real_between(cursor, "loss_sum", -kAny, kAny, false), t.loss.rows()); }},
          {"loss_rows", [&] { t.loss.restore(t.loss.sum(), cursor.integer("loss_rows", 0, kMost)); }},
          {"correct", [&] { t.correct = cursor.integer("correct", 0, kMost); }},
          {"epoch_seconds", [&] { t.epoch_seconds = real_between(cursor, "epoch_seconds", 0, kAny, false); }},
          {"history", [&] { t.history = read_history(cursor); }},
          {"callbacks", read_callbacks},
          {"stop_reason", [&] { t.stop_reason = cursor.string("stop_reason, a text"); }},
          {"settings", [&] { t.settings = read_settings(cursor, "settings"); }},
          {"data", [&] { t.data = read_settings(cursor, "data"); }},
          {"arithmetic", [&] { t.arithmetic = read_settings(cursor, "arithmetic"); }}};
}

void add_optimizer_fields(JsonCursor& cursor, CheckpointState& state, Fields& fields) {
  fields["optimizer"] = [&] { state.optimizer = read_settings(cursor, "optimizer"); };
  fields["optimizer_counters"] = [&] {
    cursor.object("a name in optimizer_counters", [&](const std::string& name, std::uint64_t /*at*/) {
      state.counters[name] = cursor.integer("optimizer_counters." + name, 0, kMost);
    });
  };
  fields["optimizer_numbers"] = [&] {
    cursor.object("a name in optimizer_numbers", [&](const std::string& name, std::uint64_t at) {
      state.numbers[name] = cursor.real("optimizer_numbers." + name);
      if (name == "learning_rate" && !(state.numbers[name] >= 0 && state.numbers[name] <= kAny)) {
        cursor.expected_at(at, "a finite learning_rate from 0", number(state.numbers[name]));
      }
    });
  };
}

}  // namespace

std::string to_json(const CheckpointState& state, const std::string& file) {
  const Quote quote{file};
  const TrainingState& t = state.training;
  std::vector<std::string> rows, callbacks, counters, numbers;
  for (const EpochResult& e : t.history.epochs) {
    rows.push_back(fmt::format("[{},{},{},{},{},{}]", e.epoch, number(e.loss), number(e.accuracy), number(e.val_loss),
                               number(e.val_accuracy), number(e.seconds)));
  }
  for (const std::string& text : t.callbacks) {
    callbacks.push_back(quote(text, fmt::format("the state of callback {}", callbacks.size() + 1)));
  }
  for (const auto& [name, value] : state.counters) {
    counters.push_back(fmt::format("{}:{}", quote(name, "a name of the optimizer's state"), value));
  }
  for (const auto& [name, value] : state.numbers) {
    numbers.push_back(fmt::format("{}:{}", quote(name, "a name of the optimizer's state"), number(value)));
  }
  return fmt::format(
      R"({{"format":{},"step":{},"epoch":{},"batch":{},"loss_sum":{},"loss_rows":{},"correct":{},"epoch_seconds":{},)"
      R"("history":[{}],"callbacks":[{}],"stop_reason":{},"settings":{},"data":{},"arithmetic":{},)"
      R"("optimizer":{},"optimizer_counters":{{{}}},"optimizer_numbers":{{{}}}}})",
      kCheckpointFormat, t.step, t.position.epoch, t.position.batch, number(t.loss.sum()), t.loss.rows(), t.correct,
      number(t.epoch_seconds), fmt::join(rows, ","), fmt::join(callbacks, ","), quote(t.stop_reason, "the stop reason"),
      quote(t.settings, "a setting"), quote(t.data, "a setting of the data"),
      quote(t.arithmetic, "a setting of the arithmetic"), quote(state.optimizer, "a setting of the optimizer"),
      fmt::join(counters, ","), fmt::join(numbers, ","));
}

CheckpointState from_json(std::string_view text, const std::string& file) {
  JsonCursor cursor(text, "state", [&](std::uint64_t at, const std::string& expected, const std::string& found) {
    fail("checkpoint: ", file, " has a damaged 'state': byte ", at, ": expected ", printable(expected), ", found ",
         printable(found), kWhatToDo);
  });
  CheckpointState state;
  Fields fields = training_fields(cursor, state.training);
  fields["format"] = [&] { check_format(cursor, file); };
  add_optimizer_fields(cursor, state, fields);
  cursor.object("a field", [&](const std::string& key, std::uint64_t at) {
    const auto field = fields.find(key);
    if (field == fields.end()) {
      cursor.expected_at(at, "a field of a checkpoint", "\"" + key + "\"");
    }
    field->second();
    fields.erase(field);
  });
  if (!fields.empty()) {
    cursor.expected_at(text.size(), "the field \"" + fields.begin()->first + "\"", "none of this name");
  }
  if (!cursor.at_end()) {
    cursor.expected("nothing after the last '}'");
  }
  check_agreement(state.training, file);
  return state;
}

}  // namespace gibbs::train::detail
