#include "gibbs/data/normalization.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>

#include "gibbs/data/detail/pixel_values.h"
#include "gibbs/data/detail/room.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/parse_number.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::data {
namespace {

constexpr std::size_t kValues = 256;

/// How often every value occurs in every channel: [channels, 256].
using Counts = std::vector<std::int64_t>;

Counts count_pixels(const Subset& set) {
  const auto channels = static_cast<std::size_t>(set.image(0).size(2));
  constexpr std::int64_t kCountedAtOnce = 64;  // of the parallel loop
  return parallel_reduce(
      0, set.size(), kCountedAtOnce, Counts(channels * kValues),
      [&](std::int64_t first, std::int64_t last) {
        Counts counts(channels * kValues);
        for (std::int64_t i = first; i < last; ++i) {
          const Tensor picture = set.image(i);
          const auto pixels = picture.values<std::uint8_t>();
          for (std::size_t e = 0; e < pixels.size(); e += channels) {
            for (std::size_t c = 0; c < channels; ++c) {
              ++counts[c * kValues + pixels[e + c]];
            }
          }
        }
        return counts;
      },
      [](Counts a, const Counts& b) {
        std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::plus<>());
        return a;
      });
}

/// "a 1 2 b 3 4" -> "a", "1", "2", "b", "3", "4".
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace

void validate(const Normalization& normalization, std::int64_t channels, const char* op) {
  const auto &mean = normalization.mean, &deviation = normalization.deviation;
  check(normalization.empty() || (std::ssize(mean) == channels && std::ssize(deviation) == channels), op,
        ": the normalization has ", mean.size(), " means and ", deviation.size(), " deviations for pictures of ",
        channels, " channels; give one of each for every channel");
  for (std::size_t c = 0; c < mean.size(); ++c) {
    check(std::isfinite(mean[c]) && std::isfinite(deviation[c]) && deviation[c] > 0, op, ": channel ", c,
          " is to be normalized by mean ", mean[c], " and deviation ", deviation[c],
          "; both must be finite, and the deviation above 0");
  }
}

Normalization measure_normalization(const Subset& set) {
  check(set.size() > 0, "measure_normalization: the set is empty; give at least one picture");
  validate(set.dataset, "measure_normalization", Sizes::any);
  const Counts counts = count_pixels(set);
  Normalization result;
  for (std::size_t channel = 0; channel < counts.size() / kValues; ++channel) {
    const std::int64_t* count = counts.data() + channel * kValues;
    double pixels = 0, sum = 0, squares = 0;
    for (std::size_t value = 0; value < kValues; ++value) {
      pixels += static_cast<double>(count[value]);
      sum += static_cast<double>(count[value]) * static_cast<double>(value);
    }
    const double mean = sum / pixels;
    for (std::size_t value = 0; value < kValues; ++value) {
      const double difference = static_cast<double>(value) - mean;
      squares += static_cast<double>(count[value]) * difference * difference;
    }
    check(squares > 0, "measure_normalization: all pixels of channel ", channel, " are ", mean,
          ", so that there is no deviation to divide by; leave the channel out, or give mean and deviation yourself");
    result.mean.push_back(mean / 255);
    result.deviation.push_back(std::sqrt(squares / pixels) / 255);
  }
  return result;
}

std::vector<std::uint8_t> mean_pixel(const Normalization& normalization) {
  std::vector<std::uint8_t> pixel;
  for (const double mean : normalization.mean) {
    pixel.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(mean, 0.0, 1.0))));
  }
  return pixel;
}

std::string to_string(const Normalization& normalization) {
  return normalization.empty() ? "none"
                               : fmt::format("mean {} deviation {}", fmt::join(normalization.mean, " "),
                                             fmt::join(normalization.deviation, " "));
}

Normalization parse_normalization(const std::string& text, const std::string& name) {
  if (text == "none") {
    return {};
  }
  const std::vector<std::string_view> words = words_of(text);
  const std::size_t channels = words.size() / 2 - (words.size() >= 2 ? 1 : 0);
  Normalization result;
  bool ok =
      channels >= 1 && words.size() == 2 * channels + 2 && words[0] == "mean" && words[channels + 1] == "deviation";
  for (std::size_t c = 0; ok && c < channels; ++c) {
    double mean = 0, deviation = 0;
    ok = parse_number(words[1 + c], mean) == std::errc() &&
         parse_number(words[channels + 2 + c], deviation) == std::errc();
    result.mean.push_back(mean);
    result.deviation.push_back(deviation);
  }
  constexpr std::size_t kShown = 60;  // characters
  check(ok, name,
        ": the normalization must be 'mean M ... deviation D ...' with a number each for every channel, or "
        "'none', it is '",
        printable(text, kShown), "'");
  validate(result, static_cast<std::int64_t>(channels), name.c_str());
  return result;
}

Tensor normalized(const Tensor& pixels, const Normalization& normalization) {
  check(pixels.defined() && pixels.rank() >= 1 && pixels.dtype() == DType::uint8,
        "normalized: needs uint8 pixels [..., C], not ", pixels.dtype(), " ", pixels.shape());
  const std::vector<float> values = value_table(pixels.size(-1), 1.0 / 255, 0, normalization, "normalized");
  Tensor result = room_for(pixels.shape(), DType::float32, "normalized");
  look_up(values, pixels.values<std::uint8_t>(), result.mutable_data<float>());
  return result;
}

}  // namespace gibbs::data
