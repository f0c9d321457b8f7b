// history.csv: what is accepted and written is read as the same rows; seconds are kept to a thousandth, so the text
// that is written from then on stays the same.
#include "gibbs/train/history.h"

#include <algorithm>
#include <cmath>

#include "tests/fuzz/harness.h"
#include "tests/testing/epoch_result.h"

namespace gibbs::fuzz {
namespace {

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool same_row(const train::EpochResult& a, const train::EpochResult& b) {
  const auto same_number = [](const auto& x, const auto& y) { return x.first == y.first && same(x.second, y.second); };
  return a.epoch == b.epoch && std::ranges::equal(a.numbers, b.numbers, same_number) &&
         (same(a.seconds, b.seconds) || std::abs(a.seconds - b.seconds) <= 0.0005000001);
}

bool examine(const Bytes& input) {
  const std::string path = file_of(input);
  train::History first;
  if (!accepts([&] { first = train::read_history_csv(path); })) {
    return false;
  }
  const std::string csv = first.to_csv();
  const train::History second = train::read_history_csv(file_of(bytes_of(csv)));
  require(first.epochs.size() == second.epochs.size(), "rows written again are as many");
  for (std::size_t i = 0; i < first.epochs.size(); ++i) {
    require(same_row(first.epochs[i], second.epochs[i]), "rows written again are the same");
  }
  require(second.to_csv() == csv, "the text written again is the same");
  return true;
}

std::vector<Bytes> seeds() {
  const train::History run{
      {testing::epoch_result(1, 1.5, 0.25, NAN, NAN, 2.125), testing::epoch_result(2, 1e-300, 1, 0.1, 0.5, 0)}};
  return {bytes_of(train::History{}.to_csv()), bytes_of(run.to_csv())};
}

}  // namespace

Harness history_harness() { return {.name = "history", .examine = examine, .seeds = seeds}; }

}  // namespace gibbs::fuzz
