// The options that convolution and pooling share: sizes per image axis and padding.
//
//   .kernel = 3    .kernel = {3, 5}    .padding = Padding::same    .padding = 1    .padding = {1, 1, 0, 0}
//
// Padding::same depends on the image, so it becomes numbers only at forward, when `pads_of` knows the image's size.
#pragma once

#include <cstdint>
#include <string>

#include "gibbs/tensor/kernels/conv2d.h"

namespace gibbs::nn {

/// A number per image axis; one number stands for both.
struct Size2d {
  std::int64_t h = 0, w = 0;

  constexpr Size2d() = default;
  constexpr Size2d(std::int64_t both) : h(both), w(both) {}  // NOLINT: conversion is its purpose
  constexpr Size2d(std::int64_t height, std::int64_t width) : h(height), w(width) {}
  bool operator==(const Size2d&) const = default;
};

/// "3x5".
std::string to_string(const Size2d& size);

/// Rows and columns added around an image: none (`valid`), what keeps the size (`same`), or given numbers.
class Padding {
 public:
  static const Padding valid;
  /// As in Keras: outputs are ceil(size / stride), and an odd number of padding puts the larger half at the end.
  static const Padding same;

  constexpr Padding() = default;
  constexpr Padding(std::int64_t each_side)  // NOLINT: conversion is its purpose
      : Padding(each_side, each_side, each_side, each_side) {}
  constexpr Padding(std::int64_t top, std::int64_t bottom, std::int64_t left, std::int64_t right)
      : pads_{top, bottom, left, right} {}

  bool is_same() const { return same_; }
  /// The numbers; zeros for `same`.
  const kernels::Pads& pads() const { return pads_; }

 private:
  struct Same {};
  explicit constexpr Padding(Same) : same_(true) {}

  kernels::Pads pads_;
  bool same_ = false;
};

inline constexpr Padding Padding::valid{};
inline constexpr Padding Padding::same{Same{}};

/// "valid", "same", "1" or "(1, 1, 0, 0)".
std::string to_string(const Padding& padding);

/// ", stride 2x2": an option in a layer's line, which says nothing where it is as usual.
std::string unless_usual(const char* option, const std::string& value, const std::string& usual);

/// Throws unless there are channels and groups divide them.
void check_channels(const char* layer, std::int64_t in, std::int64_t out, std::int64_t groups);

/// A window that slides over images.
struct Window2d {
  Size2d size;
  Size2d stride = 1;
  Padding padding = {};
  Size2d dilation = 1;
};

/// Throws unless both are positive and less than 2^31: "Conv2d: the stride must be positive, not 0x1".
void check_size(const char* layer, const char* what, const Size2d& size);

/// Throws unless sizes, strides and dilations are positive, no side is padded by a negative number, and none of these
/// is 2^31 or more.
void check_window(const char* layer, const Window2d& window);

/// The numbers of rows and columns to add to images x: [N, H, W, channels]; any number of channels when it is 0.
/// To be called in a layer's forward: throws when x has another shape or the window does not fit into the padded image,
/// naming the layer and its path.
kernels::Pads pads_of(const char* layer, const Window2d& window, const Shape& x, std::int64_t channels = 0);

}  // namespace gibbs::nn
