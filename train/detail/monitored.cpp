#include "gibbs/train/detail/monitored.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "gibbs/tensor/parse_number.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train::detail {
namespace {

std::string opening(const char* callback, const Monitor& monitor) {
  return fmt::format("{} {}", callback, monitor.name);
}

/// Takes " NUMBER" off the front of the text. False when there is none.
template <class T>
bool take(std::string_view& text, T& number) {
  const std::size_t end = std::min(text.find(' ', 1), text.size());
  const bool sound = text.starts_with(' ') && parse_number(text.substr(1, end - 1), number) == std::errc();
  text.remove_prefix(end);
  return sound;
}

}  // namespace

void check_monitor(const char* callback, const Monitor& monitor, const FitState& state) {
  const bool known = monitor.name == "seconds" || std::ranges::find(state.names, monitor.name) != state.names.end();
  check(known, callback, ": monitors '", printable(monitor.name), "', and an epoch's numbers are ",
        fmt::format("{}", fmt::join(state.names, ", ")), "; choose one of them");
  check(state.validates || !monitor.needs_validation(), callback, ": monitors ", monitor.name,
        ", but fit has no validation data; give some, or say .monitor = {.name = \"loss\"}");
}

std::string to_text(const char* callback, const Monitor& monitor, const MonitorRecord& record) {
  return fmt::format("{} {} {}", opening(callback, monitor), record.best, fmt::join(record.counts, " "));
}

MonitorRecord from_text(const char* callback, const Monitor& monitor, std::size_t counts, const std::string& text) {
  const std::string begins = opening(callback, monitor);
  MonitorRecord record{.best = 0, .counts = std::vector<int>(counts)};
  bool sound = text.starts_with(begins);
  if (sound) {
    std::string_view rest = std::string_view(text).substr(begins.size());
    sound = take(rest, record.best) && !std::isnan(record.best) &&
            std::ranges::all_of(record.counts, [&](int& count) { return take(rest, count) && count >= 0; }) &&
            rest.empty();
  }
  check(sound, callback, ": cannot restore from '", printable(text), "', which is not of one that monitors ",
        monitor.name, "; give the callbacks that the interrupted run had, in its order");
  return record;
}

}  // namespace gibbs::train::detail
