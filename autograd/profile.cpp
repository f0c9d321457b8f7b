// The faces of Measurements: a table for people, and a file for the programs that draw traces.
#include "gibbs/autograd/profile.h"

#include <fmt/format.h>

#include <algorithm>

#include "gibbs/autograd/detail/measurements.h"
#include "gibbs/io/atomic_file.h"
#include "gibbs/tensor/error.h"

namespace gibbs {

Profile::Profile(const ProfileOptions& options) {
  check(!detail::profiling(), "Profile: one is already running on this thread");
  check(options.warm_up_steps >= 0 && options.trace_steps >= 0 && options.trace_events >= 0,
        "Profile: warm_up_steps, trace_steps and trace_events must be at least 0, they are ", options.warm_up_steps,
        ", ", options.trace_steps, " and ", options.trace_events);
  measurements_ = std::make_unique<detail::Measurements>(options);
  detail::measurements = measurements_.get();
}

Profile::~Profile() {
  if (detail::measurements == measurements_.get()) {
    detail::measurements = nullptr;
  }
}

void Profile::stop() {
  if (measurements_->is_stopped()) {
    return;
  }
  check(detail::measurements == measurements_.get(), "Profile: stop it on the thread that made it");
  measurements_->stop();
  detail::measurements = nullptr;
}

std::int64_t Profile::steps() const { return measurements_->steps(); }

double Profile::seconds() const { return 1e-9 * static_cast<double>(measurements_->nanoseconds()); }

std::vector<ProfileRow> Profile::rows() const { return measurements_->rows(); }

const std::vector<ProfileEvent>& Profile::events() const { return measurements_->events(); }

namespace {

/// What was measured, and how long it took.
std::string heading(const detail::Measurements& measurements) {
  const double ms = 1e-6 * static_cast<double>(measurements.nanoseconds());
  if (measurements.steps_begun() == 0) {
    return fmt::format("Profile of {:.1f} ms\n", ms);
  }
  const std::int64_t steps = measurements.steps(), warm_up = measurements.options().warm_up_steps;
  const std::string after = warm_up > 0 ? fmt::format(" after {} of warm-up", warm_up) : "";
  if (steps == 0) {
    return fmt::format("Profile of no step{}\n", after);
  }
  const double between = 1e-6 * static_cast<double>(measurements.nanoseconds_between_steps());
  return fmt::format("Profile of {} step{}{}: {:.1f} ms, {:.3f} ms each; {:.1f} ms outside of them are not counted\n",
                     steps, steps == 1 ? "" : "s", after, ms, ms / static_cast<double>(steps), between);
}

/// "12.3", or "" for what is not known.
std::string giga_per_second(double amount, double seconds) {
  return amount > 0 && seconds > 0 ? fmt::format("{:.1f}", 1e-9 * amount / seconds) : "";
}

std::string in_quotes(const std::string& text) {
  std::string quoted(1, '"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  quoted += '"';
  return quoted;
}

/// Nanoseconds as microseconds, exactly.
std::string microseconds(std::int64_t ns) { return fmt::format("{}.{:03}", ns / 1000, ns % 1000); }

std::string words(const std::vector<Shape>& shapes) {
  std::vector<std::string> each;
  each.reserve(shapes.size());
  for (const Shape& shape : shapes) {
    each.push_back(to_string(shape));
  }
  return fmt::format("{}", fmt::join(each, " "));
}

const char* name_of(ProfileCategory category) {
  switch (category) {
    case ProfileCategory::forward:
      return "forward";
    case ProfileCategory::backward:
      return "backward";
    case ProfileCategory::optimizer:
      return "optimizer";
    case ProfileCategory::data:
      return "data";
    case ProfileCategory::step:
      break;
  }
  return "step";
}

/// A complete event ("X").
std::string as_json(const ProfileEvent& event) {
  std::string args;
  const auto add = [&](const char* key, const std::string& value) {
    args += fmt::format("{}\"{}\": {}", args.empty() ? "" : ", ", key, value);
  };
  if (!event.layer.empty()) {
    add("layer", in_quotes(event.layer));
  }
  if (!event.inputs.empty()) {
    add("inputs", in_quotes(words(event.inputs)));
  }
  if (!event.outputs.empty()) {
    add("outputs", in_quotes(words(event.outputs)));
  }
  if (event.flops > 0) {
    add("flop", fmt::format("{:.0f}", event.flops));
  }
  if (event.bytes > 0) {
    add("bytes", fmt::format("{:.0f}", event.bytes));
  }
  return fmt::format(
      R"({{"name": {}, "cat": "{}", "ph": "X", "pid": 1, "tid": 1, "ts": {}, "dur": {}, "args": {{{}}}}})",
      in_quotes(event.name), name_of(event.category), microseconds(event.begin), microseconds(event.end - event.begin),
      args);
}

}  // namespace

std::string Profile::report() const {
  const std::vector<ProfileRow> all = rows();
  std::size_t width = 0;
  for (const ProfileRow& row : all) {
    width = std::max(width, row.name.size());
  }
  const double total = seconds();
  const auto steps_or_one = static_cast<double>(std::max<std::int64_t>(1, steps()));
  const std::string line_format = "{:<{}} {:>8} {:>10} {:>9} {:>8} {:>7} {:>7}\n";
  std::string table =
      heading(*measurements_) + "\n" +
      fmt::format(fmt::runtime(line_format), "Op", width, "Calls", "Total ms", "ms/step", "GFLOP/s", "GB/s", "Share") +
      std::string(width + 55, '=') + "\n";
  for (const ProfileRow& row : all) {
    table +=
        fmt::format(fmt::runtime(line_format), row.name, width, row.calls > 0 ? std::to_string(row.calls) : "",
                    fmt::format("{:.1f}", 1e3 * row.seconds), fmt::format("{:.3f}", 1e3 * row.seconds / steps_or_one),
                    giga_per_second(row.flops, row.seconds), giga_per_second(row.bytes, row.seconds),
                    fmt::format("{:.1f}%", total > 0 ? 100 * row.seconds / total : 0));
  }
  return table;
}

void Profile::write_trace(const std::filesystem::path& path) {
  stop();
  io::write_file_atomically(path, [&](io::FileWriter& file) {
    file.write("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n");
    for (std::size_t i = 0; i < events().size(); ++i) {
      file.write(as_json(events()[i]) + (i + 1 < events().size() ? ",\n" : "\n"));
    }
    file.write("]}\n");
  });
}

void ProfileSpan::open(const char* name, ProfileCategory category) {
  measurements_ = detail::measurements;
  measurements_->open({.name = name, .category = category, .layer = measurements_->layer()});
}

void ProfileSpan::close() {
  if (measurements_ == detail::measurements) {  // else the profile has ended, and closed everything
    measurements_->close();
  }
}

}  // namespace gibbs
