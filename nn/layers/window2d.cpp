#include "gibbs/nn/layers/window2d.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gibbs/nn/forward.h"

namespace gibbs::nn {
namespace {

/// Products of two of them with what fits into memory do not overflow.
constexpr std::int64_t kTooLarge = std::int64_t{1} << 31;

/// Pixels that a dilated window spans along one axis.
std::int64_t span_of(std::int64_t size, std::int64_t dilation) { return (size - 1) * dilation + 1; }

/// Keras' padding (before, after) of one axis: what the last of ceil(size / stride) windows lacks.
std::pair<std::int64_t, std::int64_t> same_pads(std::int64_t size, std::int64_t span, std::int64_t stride) {
  const std::int64_t outputs = (size + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + span - size, 0);
  return {total / 2, total - total / 2};
}

}  // namespace

std::string to_string(const Size2d& size) { return fmt::format("{}x{}", size.h, size.w); }

std::string to_string(const Padding& padding) {
  const auto& [top, bottom, left, right] = padding.pads();
  if (padding.is_same()) {
    return "same";
  }
  if (top == bottom && top == left && top == right) {
    return top == 0 ? "valid" : std::to_string(top);
  }
  return fmt::format("({}, {}, {}, {})", top, bottom, left, right);
}

std::string unless_usual(const char* option, const std::string& value, const std::string& usual) {
  return value == usual ? "" : fmt::format(", {} {}", option, value);
}

void check_channels(const char* layer, std::int64_t in, std::int64_t out, std::int64_t groups) {
  check(in > 0 && out > 0, layer, ": in and out must be positive, not ", in, " and ", out);
  check(groups > 0 && in % groups == 0 && out % groups == 0, layer, ": groups must divide in and out, but ", groups,
        " does not divide ", in, " and ", out);
}

void check_size(const char* layer, const char* what, const Size2d& size) {
  check(size.h > 0 && size.w > 0, layer, ": ", what, " must be positive, not ", to_string(size));
  check(size.h < kTooLarge && size.w < kTooLarge, layer, ": ", what, " must be less than 2^31, it is ",
        to_string(size));
}

void check_window(const char* layer, const Window2d& window) {
  check_size(layer, "the window", window.size);
  check_size(layer, "the stride", window.stride);
  check_size(layer, "the dilation", window.dilation);
  const auto& [top, bottom, left, right] = window.padding.pads();
  check(std::min({top, bottom, left, right}) >= 0, layer, ": padding must not be negative, it is ",
        to_string(window.padding));
  check(std::max({top, bottom, left, right}) < kTooLarge, layer, ": padding must be less than 2^31, it is ",
        to_string(window.padding));
}

kernels::Pads pads_of(const char* layer, const Window2d& window, const Shape& x, std::int64_t channels) {
  check(x.rank() == 4 && (channels == 0 || x[3] == channels), layer, ": ", forward_name(), " expects [N, H, W, ",
        channels == 0 ? "C" : std::to_string(channels), "], received ", x);
  const Size2d span(span_of(window.size.h, window.dilation.h), span_of(window.size.w, window.dilation.w));
  kernels::Pads pads = window.padding.pads();
  if (window.padding.is_same()) {
    std::tie(pads.top, pads.bottom) = same_pads(x[1], span.h, window.stride.h);
    std::tie(pads.left, pads.right) = same_pads(x[2], span.w, window.stride.w);
  }
  const Size2d padded(x[1] + pads.top + pads.bottom, x[2] + pads.left + pads.right);
  check(span.h <= padded.h && span.w <= padded.w, layer, ": ", forward_name(), " needs images of at least ",
        to_string(span), " after padding, received ", x, " padded to ", to_string(padded));
  return pads;
}

}  // namespace gibbs::nn
