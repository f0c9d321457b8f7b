// Line by line of the output: its input lines are added up first, all columns and channels as one row of numbers; the
// columns of that row are added up second.
#include "gibbs/tensor/kernels/resample2d.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "gibbs/tensor/kernels/detail/buffer.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;
using Tap = AxisWeights::Tap;

constexpr int64_t kMostPixels = int64_t{1} << 24;  // of an axis: products of two of them are no overflow
constexpr int64_t kSums = 128;                     // that are held at a time
constexpr int64_t kNumbersOfAPiece = 1 << 14;

/// to[k] = sum over taps of weight from[tap's input * stride + k].
template <class From, class To>
void add_up(std::span<const Tap> taps, const From* from, int64_t stride, int64_t count, To* to) {
  std::array<double, kSums> sums;
  for (int64_t first = 0; first < count; first += kSums) {
    const int64_t here = std::min(kSums, count - first);
    std::fill_n(sums.begin(), here, 0.0);
    for (const Tap& tap : taps) {
      const From* input = from + tap.from * stride + first;
      for (int64_t k = 0; k < here; ++k) {
        sums[k] += tap.weight * static_cast<double>(input[k]);
      }
    }
    for (int64_t k = 0; k < here; ++k) {
      to[first + k] = static_cast<To>(sums[k]);
    }
  }
}

}  // namespace

AxisWeights::AxisWeights(int64_t inputs, int64_t outputs) : inputs_(inputs) {
  check(std::min(inputs, outputs) >= 1 && std::max(inputs, outputs) <= kMostPixels, "AxisWeights: ", inputs,
        " inputs and ", outputs, " outputs must be from 1 to ", kMostPixels);
  first_.reserve(outputs + 1);
}

AxisWeights AxisWeights::nearest(int64_t inputs, int64_t outputs) {
  AxisWeights weights(inputs, outputs);
  for (int64_t i = 0; i < outputs; ++i) {
    weights.taps_.push_back({i * inputs / outputs, 1});
    weights.end_output();
  }
  return weights;
}

AxisWeights AxisWeights::linear(int64_t inputs, int64_t outputs, bool align_corners) {
  AxisWeights weights(inputs, outputs);
  const auto in = static_cast<double>(inputs), out = static_cast<double>(outputs);
  const double step = !align_corners ? in / out : outputs > 1 ? (in - 1) / (out - 1) : 0;
  for (int64_t i = 0; i < outputs; ++i) {
    const auto index = static_cast<double>(i);
    const double place = align_corners ? index * step : std::max((index + 0.5) * step - 0.5, 0.0);
    const int64_t before = std::min(static_cast<int64_t>(place), inputs - 1);
    const double share = before + 1 < inputs ? place - static_cast<double>(before) : 0;
    weights.taps_.push_back({before, 1 - share});
    if (share > 0) {  // else what is not finite there would count
      weights.taps_.push_back({before + 1, share});
    }
    weights.end_output();
  }
  return weights;
}

AxisWeights AxisWeights::means(int64_t inputs, int64_t outputs) {
  AxisWeights weights(inputs, outputs);
  for (int64_t i = 0; i < outputs; ++i) {
    const int64_t begin = i * inputs / outputs, end = ((i + 1) * inputs + outputs - 1) / outputs;
    for (int64_t from = begin; from < end; ++from) {
      weights.taps_.push_back({from, 1 / static_cast<double>(end - begin)});
    }
    weights.end_output();
  }
  return weights;
}

AxisWeights AxisWeights::transposed() const {
  AxisWeights result(outputs(), inputs_);
  result.first_.assign(inputs_ + 1, 0);
  for (const Tap& tap : taps_) {
    ++result.first_[tap.from + 1];
  }
  for (int64_t input = 0; input < inputs_; ++input) {
    result.first_[input + 1] += result.first_[input];
  }
  std::vector<std::size_t> next(result.first_.begin(), result.first_.end() - 1);
  result.taps_.resize(taps_.size());
  for (int64_t output = 0; output < outputs(); ++output) {
    for (const Tap& tap : of(output)) {
      result.taps_[next[tap.from]++] = {output, tap.weight};
    }
  }
  return result;
}

Tensor resample2d(const Tensor& x, const AxisWeights& rows, const AxisWeights& columns) {
  check(x.rank() == 4 && x.size(1) == rows.inputs() && x.size(2) == columns.inputs(), "resample2d: needs x [N, ",
        rows.inputs(), ", ", columns.inputs(), ", C], not ", x.shape());
  const int64_t channels = x.size(3), height = rows.outputs(), width = columns.outputs();
  const int64_t x_line = x.size(2) * channels, y_line = width * channels;
  Tensor result = Tensor::uninitialized({x.size(0), height, width, channels}, x.dtype());
  dispatch_floating(x.dtype(), "resample2d", [&](auto zero) {
    using T = decltype(zero);
    const T* images = x.data<T>();
    T* y = result.mutable_data<T>();
    const int64_t grain = kNumbersOfAPiece / std::max<int64_t>(std::max(x_line, y_line), 1);
    parallel_for(0, x.size(0) * height, std::max<int64_t>(grain, 1), [&](int64_t first, int64_t last) {
      const Buffer<double> line(x_line);
      for (int64_t i = first; i < last; ++i) {
        add_up(rows.of(i % height), images + i / height * x.size(1) * x_line, x_line, x_line, line.data());
        for (int64_t j = 0; j < width; ++j) {
          add_up(columns.of(j), line.data(), channels, channels, y + i * y_line + j * channels);
        }
      }
    });
  });
  return result;
}

}  // namespace gibbs::kernels
