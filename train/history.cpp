#include "gibbs/train/history.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

#include "gibbs/io/atomic_file.h"
#include "gibbs/io/input_file.h"
#include "gibbs/tensor/error.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train {
namespace {

constexpr std::string_view kHeader = "epoch,loss,accuracy,val_loss,val_accuracy,seconds";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::int64_t kLargestFile = 100'000'000;  // a million epochs

std::string number(double value) { return std::isnan(value) ? std::string() : fmt::format("{}", value); }

/// A whole number of a CSV cell, or a number, which may be empty for NaN.
template <class T>
T parsed(std::string_view cell, const std::string& where) {
  T value{};
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  check(error != std::errc::result_out_of_range, where, ": '", printable(cell), "' does not fit");
  check(error == std::errc() && end == cell.data() + cell.size(), where, ": '", printable(cell), "' is not a ",
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

EpochResult parse_row(std::string_view line, const std::string& where_in_file) {
  std::array<std::string_view, 6> cells;
  std::array<std::string, 6> where;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    where[column] = fmt::format("{} column {}", where_in_file, column + 1);
    check(line.data() != nullptr, where[column], ": missing");
    const std::size_t comma = line.find(',');
    cells[column] = line.substr(0, comma);
    line = comma == std::string_view::npos ? std::string_view() : line.substr(comma + 1);
  }
  check(line.data() == nullptr, where_in_file, " has more than ", cells.size(), " columns");
  const int epoch = parsed<int>(cells[0], where[0]);
  check(epoch >= 1, where[0], ": the epoch is ", epoch, "; epochs count from 1");
  return {.epoch = epoch,
          .loss = number_or_nan(cells[1], where[1]),
          .accuracy = number_or_nan(cells[2], where[2]),
          .val_loss = number_or_nan(cells[3], where[3]),
          .val_accuracy = number_or_nan(cells[4], where[4]),
          .seconds = number_or_nan(cells[5], where[5])};
}

}  // namespace

std::string History::to_csv() const {
  std::string csv(kHeader);
  csv += '\n';
  for (const EpochResult& e : epochs) {
    csv += fmt::format("{},{},{},{},{},{:.3f}\n", e.epoch, number(e.loss), number(e.accuracy), number(e.val_loss),
                       number(e.val_accuracy), e.seconds);
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
  const std::string_view head = take_line(text);
  check(head == kHeader, "history: ", file, " line 1 is '", printable(head.substr(0, 200)), "', expected '", kHeader,
        "'");
  History history;
  for (int line = 2; !text.empty(); ++line) {
    history.epochs.push_back(parse_row(take_line(text), fmt::format("history: {} line {}", file, line)));
  }
  return history;
}

}  // namespace gibbs::train
