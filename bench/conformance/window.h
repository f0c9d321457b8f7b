// Windows over images as cases give them: "stride", "dilation" and "window" are [rows, columns], "padding" is [top,
// bottom, left, right].
#pragma once

#include <array>

#include "bench/conformance/table.h"
#include "gibbs/nn/layers/window2d.h"
#include "gibbs/tensor/kernels/pool2d.h"

namespace gibbs::conformance {

using Pair = std::array<std::int64_t, 2>;
using Sides = std::array<std::int64_t, 4>;

inline Pair pair(const json& options, const char* name, const Pair& otherwise = {1, 1}) {
  return options.value(name, otherwise);
}

inline nn::Size2d size(const json& options, const char* name, const Pair& otherwise = {1, 1}) {
  const auto [h, w] = pair(options, name, otherwise);
  return {h, w};
}

inline kernels::Pads pads(const json& options) {
  const auto [top, bottom, left, right] = options.value("padding", Sides{});
  return {top, bottom, left, right};
}

/// "same", or numbers.
inline nn::Padding padding(const json& options) {
  if (flag(options, "same")) {
    return nn::Padding::same;
  }
  const auto [top, bottom, left, right] = options.value("padding", Sides{});
  return {top, bottom, left, right};
}

inline kernels::Conv2dOptions convolution(const json& options) {
  const auto [stride_h, stride_w] = pair(options, "stride");
  const auto [dilation_h, dilation_w] = pair(options, "dilation");
  return {.stride_h = stride_h,
          .stride_w = stride_w,
          .pads = pads(options),
          .dilation_h = dilation_h,
          .dilation_w = dilation_w,
          .groups = options.value("groups", std::int64_t{1})};
}

inline kernels::Pool2dOptions pooling(const json& options) {
  const auto [window_h, window_w] = pair(options, "window");
  const auto [stride_h, stride_w] = pair(options, "stride");
  return {.window_h = window_h,
          .window_w = window_w,
          .stride_h = stride_h,
          .stride_w = stride_w,
          .pads = pads(options),
          .count_padding = flag(options, "count_padding")};
}

}  // namespace gibbs::conformance
