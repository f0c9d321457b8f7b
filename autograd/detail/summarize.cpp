#include "gibbs/autograd/detail/summarize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace gibbs {

Statistics::Statistics(const Tensor& x) {
  const std::vector<double> values = x.to_vector();
  if (values.empty()) {
    return;
  }
  double sum = 0, squares = 0;
  least = most = values[0];
  for (double value : values) {
    not_finite += std::isfinite(value) ? 0 : 1;
    sum += value;
    squares += value * value;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  mean = sum / static_cast<double>(values.size());
  rms = std::sqrt(squares / static_cast<double>(values.size()));
}

std::string written_out(const Tensor& x) {
  if (x.rank() == 0) {
    return fmt::format("{:.4g}", x.item());
  }
  std::vector<std::string> parts;
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    parts.push_back(written_out(x[i]));
  }
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string summarize(const Tensor& x, std::int64_t most_written_out) {
  if (x.numel() <= most_written_out) {
    return written_out(x);
  }
  const Statistics of(x);
  if (of.not_finite > 0) {
    return fmt::format("{} of {} not finite", of.not_finite, x.numel());
  }
  return of.least == of.most ? fmt::format("all {:.4g}", of.least)
                             : fmt::format("mean {:.4g}, from {:.4g} to {:.4g}", of.mean, of.least, of.most);
}

}  // namespace gibbs
