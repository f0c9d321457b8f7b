#include "gibbs/train/detail/checkpoint_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "gibbs/io/detail/json_cursor.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train::detail {
namespace {

using io::detail::JsonCursor;

constexpr std::int64_t kMostEpochs = std::numeric_limits<int>::max();
constexpr std::int64_t kMost = kLargestCount;
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

/// "NAME_counters":{...},"NAME_numbers":{...}
std::string remembered_text(const Quote& quote, const std::string& name, const Remembered& remembered) {
  std::vector<std::string> counters, numbers;
  for (const auto& [key, value] : remembered.counters) {
    counters.push_back(fmt::format("{}:{}", quote(key, "a name of the state"), value));
  }
  for (const auto& [key, value] : remembered.numbers) {
    numbers.push_back(fmt::format("{}:{}", quote(key, "a name of the state"), number(value)));
  }
  return fmt::format(R"("{0}_counters":{{{1}}},"{0}_numbers":{{{2}}})", name, fmt::join(counters, ","),
                     fmt::join(numbers, ","));
}

/// A finite number from 0.
double finite_from_0(JsonCursor& cursor, const std::string& field) {
  const std::uint64_t at = cursor.offset();
  const double value = cursor.real(field);
  if (!(value >= 0 && value <= kAny)) {
    cursor.expected_at(at, field + ", a finite number from 0", fmt::format("{}", value));
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

/// Epochs are numbered 1, 2, ... without gaps: [epoch, a number for each of the columns, seconds].
History read_history(JsonCursor& cursor, const std::optional<std::vector<std::string>>& columns) {
  if (!columns) {
    cursor.expected("columns before history");
  }
  History history;
  cursor.array([&] {
    const auto place = static_cast<std::int64_t>(history.epochs.size()) + 1;
    const std::string row = fmt::format("row {} of history", place);
    EpochResult e;
    cursor.expect('[');
    e.epoch = static_cast<int>(cursor.integer("the epoch in " + row, place, place));
    for (const std::string& name : *columns) {
      cursor.expect(',');
      const std::uint64_t at = cursor.offset();
      const double value = cursor.real(fmt::format("{} in {}", name, row));
      if (name.ends_with("loss") && std::isinf(value)) {
        cursor.expected_at(at, fmt::format("{} in {}, a finite number or \"nan\"", name, row),
                           fmt::format("{}", value));
      }
      e.numbers.emplace_back(name, value);
    }
    cursor.expect(',');
    e.seconds = finite_from_0(cursor, "the seconds in " + row);
    cursor.expect(']');
    history.epochs.push_back(e);
  });
  return history;
}

/// The names of an epoch's numbers, each once.
std::vector<std::string> read_columns(JsonCursor& cursor) {
  std::vector<std::string> columns;
  cursor.array([&] {
    const std::uint64_t at = cursor.offset();
    std::string name = cursor.string("a name of columns");
    if (!is_column_name(name) || std::ranges::find(columns, name) != columns.end() || columns.size() == kMostColumns) {
      cursor.expected_at(at, "the name of a column that was not there before", "\"" + name + "\"");
    }
    columns.push_back(std::move(name));
  });
  return columns;
}

/// What one field says must fit to what others say.
void check_agreement(const TrainingState& state, const std::string& file) {
  const auto agree = [&](bool ok, const auto&... parts) {
    check(ok, "checkpoint: ", file, " has a damaged 'state': ", parts..., kWhatToDo);
  };
  const auto finished = static_cast<std::int64_t>(state.history.epochs.size());
  agree(finished == state.position.epoch, "epoch is ", state.position.epoch, ", but history has ", finished, " rows");
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

/// `columns` come before the history, which is read with them.
Fields training_fields(JsonCursor& cursor, TrainingState& t, std::optional<std::vector<std::string>>& columns) {
  const auto read_callbacks = [&] {
    cursor.array([&] { t.callbacks.push_back(cursor.string("the text of a callback")); });
  };
  return {{"step", [&] { t.step = cursor.integer("step", 0, kMost); }},
          {"epoch", [&] { t.position.epoch = cursor.integer("epoch", 0, kMostEpochs); }},
          {"batch", [&] { t.position.batch = cursor.integer("batch", 0, kMost); }},
          {"epoch_seconds", [&] { t.epoch_seconds = finite_from_0(cursor, "epoch_seconds"); }},
          {"columns", [&] { columns = read_columns(cursor); }},
          {"history", [&] { t.history = read_history(cursor, columns); }},
          {"callbacks", read_callbacks},
          {"stop_reason", [&] { t.stop_reason = cursor.string("stop_reason, a text"); }},
          {"settings", [&] { t.settings = read_settings(cursor, "settings"); }},
          {"data", [&] { t.data = read_settings(cursor, "data"); }},
          {"arithmetic", [&] { t.arithmetic = read_settings(cursor, "arithmetic"); }}};
}

/// NAME_counters and NAME_numbers. Some of the numbers cannot be negative: rates and weights.
void add_remembered(JsonCursor& cursor, const std::string& name, Remembered& remembered, Fields& fields) {
  fields[name + "_counters"] = [&, field = name + "_counters"] {
    cursor.object("a name in " + field, [&](const std::string& key, std::uint64_t /*at*/) {
      remembered.counters[key] = cursor.integer(field + "." + key, 0, kMost);
    });
  };
  fields[name + "_numbers"] = [&, field = name + "_numbers"] {
    cursor.object("a name in " + field, [&](const std::string& key, std::uint64_t at) {
      const double value = remembered.numbers[key] = cursor.real(field + "." + key);
      const bool is_positive = key.ends_with("learning_rate") || key == "loss/weight";
      if (is_positive && !(value >= 0 && value <= kAny)) {
        cursor.expected_at(at, "a finite " + key + " from 0", number(value));
      }
    });
  };
}

}  // namespace

std::string to_json(const CheckpointState& state, const std::string& file) {
  const Quote quote{file};
  const TrainingState& t = state.training;
  std::vector<std::string> columns, rows, callbacks;
  for (const EpochResult& e : t.history.epochs) {
    std::string row = fmt::format("[{}", e.epoch);
    for (const auto& [name, value] : e.numbers) {
      row += fmt::format(",{}", number(value));
      if (rows.empty()) {
        columns.push_back(quote(name, "the name of a number"));
      }
    }
    rows.push_back(row + fmt::format(",{}]", number(e.seconds)));
  }
  for (const std::string& text : t.callbacks) {
    callbacks.push_back(quote(text, fmt::format("the state of callback {}", callbacks.size() + 1)));
  }
  return fmt::format(
      R"({{"format":{},"step":{},"epoch":{},"batch":{},"epoch_seconds":{},"columns":[{}],"history":[{}],)"
      R"("callbacks":[{}],"stop_reason":{},"settings":{},"data":{},"arithmetic":{},"optimizer":{},{},{}}})",
      kCheckpointFormat, t.step, t.position.epoch, t.position.batch, number(t.epoch_seconds), fmt::join(columns, ","),
      fmt::join(rows, ","), fmt::join(callbacks, ","), quote(t.stop_reason, "the stop reason"),
      quote(t.settings, "a setting"), quote(t.data, "a setting of the data"),
      quote(t.arithmetic, "a setting of the arithmetic"), quote(state.optimizer_settings, "a setting of the optimizer"),
      remembered_text(quote, "optimizer", state.optimizer), remembered_text(quote, "running", state.running));
}

CheckpointState from_json(std::string_view text, const std::string& file) {
  JsonCursor cursor(text, "state", [&](std::uint64_t at, const std::string& expected, const std::string& found) {
    fail("checkpoint: ", file, " has a damaged 'state': byte ", at, ": expected ", printable(expected), ", found ",
         printable(found), kWhatToDo);
  });
  CheckpointState state;
  std::optional<std::vector<std::string>> columns;
  Fields fields = training_fields(cursor, state.training, columns);
  fields["format"] = [&] { check_format(cursor, file); };
  fields["optimizer"] = [&] { state.optimizer_settings = read_settings(cursor, "optimizer"); };
  add_remembered(cursor, "optimizer", state.optimizer, fields);
  add_remembered(cursor, "running", state.running, fields);
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
