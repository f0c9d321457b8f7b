#include "examples/lesson/worms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "gibbs/io/input_file.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/tensor/error.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/parse_number.h"

namespace gibbs::examples {
namespace {

constexpr std::string_view kHeader = "teeth,count";
constexpr std::int64_t kMostTeeth = 1000;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

/// The lines of a file without blanks around them, without the mark of UTF-8 in front and empty lines at the end.
std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::uint8_t> bytes;
  io::read_file(path, bytes);
  std::string text(bytes.begin(), bytes.end());
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.erase(0, 3);
  }
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(trimmed(std::string_view(text).substr(begin, end - begin)));
    begin = end + 1;
  }
  while (!lines.empty() && lines.back().empty()) {
    lines.pop_back();
  }
  return lines;
}

double parse_count(std::string_view text, const std::string& where) {
  double count = 0;
  const std::errc error = parse_number(text, count);
  check(!text.empty(), where, ": the count is empty; write 0 where no worm was seen");
  check(error == std::errc(), where, ": '", text, "' is not a number; write a count such as 12 or 0.05");
  check(std::isfinite(count), where, ": '", text, "' is not finite; write a count such as 12 or 0.05");
  check(count >= 0, where, ": '", text, "' is negative; a count is at least 0");
  return count;
}

std::int64_t parse_teeth(std::string_view text, const std::string& where) {
  std::int64_t teeth = -1;
  check(parse_number(text, teeth) == std::errc() && teeth >= 0 && teeth <= kMostTeeth, where, ": '", text,
        "' is not a number of teeth; write a whole number from 0 to ", kMostTeeth);
  return teeth;
}

/// Lines "teeth,count" after the header.
std::vector<double> counts_by_teeth(const std::vector<std::string>& lines, const std::string& file) {
  std::vector<double> counts;
  std::vector<std::size_t> given_in;  // line of each count, 0: none
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string where = fmt::format("observed: {} line {}", file, i + 1);
    const std::string_view line = lines[i];
    const std::size_t comma = std::min(line.find(','), line.size());
    check(comma < line.size() && line.find(',', comma + 1) == std::string_view::npos, where, ": '", line,
          "' is not two cells; write teeth,count such as 3,14");
    const auto teeth = static_cast<std::size_t>(parse_teeth(trimmed(line.substr(0, comma)), where));
    if (teeth >= counts.size()) {
      counts.resize(teeth + 1);
      given_in.resize(teeth + 1);
    }
    check(given_in[teeth] == 0, where, ": ", teeth, " teeth were counted in line ", given_in[teeth],
          " already; add the two counts up");
    given_in[teeth] = i + 1;
    counts[teeth] = parse_count(trimmed(line.substr(comma + 1)), where);
  }
  return counts;
}

double times_log(double factor, double x) { return factor == 0 ? 0 : factor * std::log(x); }

}  // namespace

Tensor observed_worms() { return Tensor::of({.02, .03, .05, .14, .16, .15, .12, .08, .10, .08, .07}, DType::float64); }

Tensor read_tooth_counts(const std::filesystem::path& path) {
  const std::vector<std::string> lines = lines_of(path);
  check(!lines.empty(), "observed: ", path.string(), " is empty; write one count per line, for 0, 1, 2 ... teeth");
  std::vector<double> counts;
  if (lines.front() == kHeader) {
    counts = counts_by_teeth(lines, path.string());
  } else {
    for (const std::string& line : lines) {
      counts.push_back(parse_count(line, fmt::format("observed: {} line {}", path.string(), counts.size() + 1)));
    }
  }
  const auto classes = std::ssize(counts);
  check(classes >= 2 && classes <= kMostTeeth + 1, "observed: ", path.string(), " counts worms of ", classes,
        classes == 1 ? " number" : " numbers", " of teeth; from 2 to ", kMostTeeth + 1, " can be compared");
  double total = 0;
  for (double count : counts) {
    total += count;
  }
  check(total > 0 && std::isfinite(total), "observed: ", path.string(), ": the counts sum to ", total,
        ", by which none can be divided; ", total > 0 ? "write smaller ones" : "at least one must be above 0");
  for (double& count : counts) {
    count /= total;
  }
  return Tensor::from(counts, {classes});
}

ToothModels models_of(const Tensor& observed) {
  const std::int64_t teeth = observed.numel() - 1;
  double mean = 0;
  for (std::int64_t k = 0; k <= teeth; ++k) {
    mean += static_cast<double>(k) * observed.at({k});
  }
  const double theta = std::min(mean / static_cast<double>(teeth), 1.0);
  return {.mean_teeth = mean,
          .tooth_probability = theta,
          .log_uniform = Tensor::full(observed.shape(), -std::log(static_cast<double>(teeth + 1)), DType::float64),
          .log_binomial = log_binomial(teeth, theta)};
}

Worms worms() {
  const Tensor observed = observed_worms();
  const ToothModels models = models_of(observed);
  return {
      .observed = observed, .uniform = kernels::exp(models.log_uniform), .binomial = kernels::exp(models.log_binomial)};
}

Tensor log_binomial(std::int64_t teeth, double theta) {
  Tensor log_q = Tensor::zeros({teeth + 1}, DType::float64);
  const auto n = static_cast<double>(teeth);
  for (std::int64_t i = 0; i <= teeth; ++i) {
    const auto k = static_cast<double>(i);
    const double ways = std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
    log_q.set({i}, ways + times_log(k, theta) + times_log(n - k, 1 - theta));
  }
  return log_q;
}

Variable kl_divergence_from(const Tensor& p, const Tensor& log_q, losses::Base base) {
  return losses::kl_divergence_with_logits(p.reshape({1, -1}), log_q.reshape({1, -1}), {.base = base});
}

}  // namespace gibbs::examples
