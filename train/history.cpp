#include "gibbs/train/history.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "gibbs/tensor/atomic_file.h"
#include "gibbs/tensor/error.h"

namespace gibbs::train {
namespace {

constexpr std::string_view kHeader = "epoch,loss,accuracy,val_loss,val_accuracy,seconds";

std::string number(double value) { return std::isnan(value) ? std::string() : fmt::format("{}", value); }

double parse_number(const std::string& text, const std::string& where) {
  if (text.empty()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc() && end == text.data() + text.size(), where, ": '", text, "' is not a number");
  return value;
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

void History::write_csv(const std::filesystem::path& path) const { write_file_atomically(path, to_csv()); }

History read_history_csv(const std::filesystem::path& path) {
  std::ifstream file(path);
  check(file.is_open(), "history: cannot open ", path.string());
  std::string line;
  std::getline(file, line);
  check(line == kHeader, "history: ", path.string(), " line 1 is '", line, "', expected '", kHeader, "'");
  History history;
  for (int line_number = 2; std::getline(file, line); ++line_number) {
    std::array<double, 6> values{};
    std::istringstream cells(line + ",");
    for (std::size_t column = 0; column < values.size(); ++column) {
      const std::string where = fmt::format("history: {} line {} column {}", path.string(), line_number, column + 1);
      std::string cell;
      check(static_cast<bool>(std::getline(cells, cell, ',')), where, ": missing");
      values[column] = parse_number(cell, where);
    }
    history.epochs.push_back({static_cast<int>(values[0]), values[1], values[2], values[3], values[4], values[5]});
  }
  return history;
}

}  // namespace gibbs::train
