// Resampling of NHWC images: every output is a weighted sum of inputs, with weights of its row and of its column,
//
//   y[n, i, j, c] = sum_h sum_w rows(i, h) columns(j, w) x[n, h, w, c]
//
// Enlarging (nearest, bilinear) and adaptive average pooling are this one kernel with other weights; and since it is
// linear in x, its adjoint is the kernel again, with both sets of weights transposed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// The weights along one axis: a matrix [outputs, inputs] of which most is 0.
class AxisWeights {
 public:
  /// What an output takes: input `from`, times `weight`.
  struct Tap {
    std::int64_t from;
    double weight;
  };

  /// Output i is input floor(i inputs / outputs): PyTorch's "nearest", and repetition where outputs are a multiple.
  static AxisWeights nearest(std::int64_t inputs, std::int64_t outputs);
  /// Linear between the two inputs around a place; beyond the first and last input as there. Output i is at
  ///   (i + 1/2) inputs / outputs - 1/2, pixels being squares that fill the same picture, or, with align_corners,
  ///   i (inputs - 1) / (outputs - 1), pixels being points of which the first and the last stay where they are.
  static AxisWeights linear(std::int64_t inputs, std::int64_t outputs, bool align_corners = false);
  /// Output i is the mean of inputs floor(i inputs / outputs) to ceil((i + 1) inputs / outputs) - 1: PyTorch's bins,
  /// which overlap by one where outputs do not divide inputs.
  static AxisWeights means(std::int64_t inputs, std::int64_t outputs);

  std::int64_t inputs() const { return inputs_; }
  std::int64_t outputs() const { return static_cast<std::int64_t>(first_.size()) - 1; }
  std::span<const Tap> of(std::int64_t output) const {
    return std::span(taps_).subspan(first_[output], first_[output + 1] - first_[output]);
  }
  std::int64_t taps() const { return static_cast<std::int64_t>(taps_.size()); }
  AxisWeights transposed() const;

 private:
  AxisWeights(std::int64_t inputs, std::int64_t outputs);
  void end_output() { first_.push_back(taps_.size()); }

  std::int64_t inputs_;
  std::vector<std::size_t> first_ = {0};  // of each output's taps, and their number
  std::vector<Tap> taps_;
};

/// [N, H, W, C] to [N, rows.outputs(), columns.outputs(), C], summed in double.
Tensor resample2d(const Tensor& x, const AxisWeights& rows, const AxisWeights& columns);

}  // namespace gibbs::kernels
