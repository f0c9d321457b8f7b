#include "gibbs/train/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

#include "gibbs/io/atomic_file.h"
#include "gibbs/io/input_file.h"
#include "gibbs/tensor/error.h"
#include "gibbs/tensor/parse_number.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train {
namespace {

constexpr std::string_view kFirst = "epoch", kLast = "seconds";  // with the names of the numbers between them
constexpr std::size_t kLongestName = 64;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::int64_t kLargestFile = 100'000'000;  // a million epochs

std::string number(double value) { return std::isnan(value) ? std::string() : fmt::format("{}", value); }

/// A whole number of a CSV cell, or a number, which may be empty for NaN.
template <class T>
T parsed(std::string_view cell, const std::string& where) {
  T value{};
  const std::errc error = parse_number(cell, value);
  check(error != std::errc::result_out_of_range, where, ": '", printable(cell), "' does not fit");
  check(error == std::errc(), where, ": '", printable(cell), "' is not a ",
        std::is_integral_v<T> ? "whole number" : "number");
  return value;
}

double number_or_nan(std::string_view cell, const std::string& where) {
  return cell.empty() ? std::numeric_limits<double>::quiet_NaN() : parsed<double>(cell, where);
}

/// Takes a line without its end, which is LF or CRLF.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

/// The cells of a line.
std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t comma = 0; comma != std::string_view::npos; line.remove_prefix(std::min(line.size(), comma + 1))) {
    comma = line.find(',');
    cells.push_back(line.substr(0, comma));
  }
  return cells;
}

/// The names of the numbers that a head line names, "epoch,...,seconds".
std::vector<std::string> parse_head(std::string_view line, const std::string& file) {
  const std::vector<std::string_view> cells = cells_of(line);
  bool sound = cells.size() >= 2 && cells.size() <= kMostColumns && cells.front() == kFirst && cells.back() == kLast;
  std::vector<std::string> names;
  for (std::size_t column = 1; sound && column + 1 < cells.size(); ++column) {
    names.emplace_back(cells[column]);
    sound = is_column_name(names.back()) && std::find(names.begin(), names.end() - 1, names.back()) == names.end() - 1;
  }
  check(sound, "history: ", file, " line 1 is '", printable(line.substr(0, 200)), "', expected '", kFirst,
        "', the names of numbers, each once, and '", kLast, "'");
  return names;
}

EpochResult parse_row(std::string_view line, const std::vector<std::string>& names, const std::string& where) {
  const std::vector<std::string_view> cells = cells_of(line);
  const auto place = [&](std::size_t column) { return fmt::format("{} column {}", where, column + 1); };
  const std::size_t columns = names.size() + 2;
  check(cells.size() >= columns, place(cells.size()), ": missing");
  check(cells.size() == columns, where, " has more than ", columns, " columns");
  EpochResult result{.epoch = parsed<int>(cells[0], place(0))};
  check(result.epoch >= 1, place(0), ": the epoch is ", result.epoch, "; epochs count from 1");
  for (std::size_t i = 0; i < names.size(); ++i) {
    result.numbers.emplace_back(names[i], number_or_nan(cells[i + 1], place(i + 1)));
  }
  result.seconds = number_or_nan(cells.back(), place(columns - 1));
  return result;
}

}  // namespace

double EpochResult::operator[](std::string_view name) const {
  const auto found = std::ranges::find(numbers, name, &NamedNumbers::value_type::first);
  return found != numbers.end() ? found->second : name == kLast ? seconds : std::numeric_limits<double>::quiet_NaN();
}

bool is_column_name(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@";
  return !name.empty() && name.size() <= kLongestName && name.find_first_not_of(kLetters) == std::string_view::npos &&
         name != kFirst && name != kLast;
}

std::string History::to_csv() const {
  std::string csv(kFirst);
  const NamedNumbers names = epochs.empty() ? NamedNumbers() : epochs.front().numbers;
  for (const auto& [name, value] : names) {
    csv += fmt::format(",{}", name);
  }
  csv += fmt::format(",{}\n", kLast);
  for (const EpochResult& e : epochs) {
    csv += fmt::format("{}", e.epoch);
    for (const auto& [name, value] : names) {
      csv += fmt::format(",{}", number(e[name]));
    }
    csv += fmt::format(",{:.3f}\n", e.seconds);
  }
  return csv;
}

void History::write_csv(const std::filesystem::path& path) const { io::write_file_atomically(path, to_csv()); }

History read_history_csv(const std::filesystem::path& path) {
  const std::string file = path.string(), contents = io::read_text_file(path, kLargestFile);
  std::string_view text = contents;
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const std::vector<std::string> names = parse_head(take_line(text), file);
  History history;
  for (int line = 2; !text.empty(); ++line) {
    history.epochs.push_back(parse_row(take_line(text), names, fmt::format("history: {} line {}", file, line)));
  }
  return history;
}

}  // namespace gibbs::train
