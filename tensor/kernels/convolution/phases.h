// The gradient of a convolution's input as convolutions without stride.
//
// With a stride of s, pixels of dx that are s apart meet the same weights, every s-th, and others meet others. So dx is
// cut into s x s phases, and each is a forward convolution of dy, padded, with the weights of the phase turned around;
// with stride 1 there is one, with all weights. Only geometry here: direct.cpp computes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "gibbs/tensor/kernels/conv2d_geometry.h"

namespace gibbs::kernels::direct {

/// Pixels first, first + stride, ... of one axis of dx, `count` of them. Pixel number t is the sum over j < taps of
/// weight[first_tap + stride j] * dy[newest + t - j].
struct PhaseAxis {
  std::int64_t first, count, first_tap, taps, newest;

  static PhaseAxis of(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                      std::int64_t first) {
    const auto every = [&](std::int64_t from, std::int64_t to) { return from < to ? (to - from - 1) / stride + 1 : 0; };
    const std::int64_t first_tap = (first + pad) % stride;
    return {first, every(first, size), first_tap, every(first_tap, kernel), (first + pad) / stride};
  }
  /// Entries before and behind dy that the sums look at.
  std::int64_t before() const { return taps - 1 - newest; }
  std::int64_t behind(std::int64_t out) const { return std::max<std::int64_t>(newest + count - out, 0); }
};

/// Every stride-th line and column of dx.
struct Phase {
  PhaseAxis y, x;

  bool is_empty() const { return y.count == 0 || x.count == 0; }
  /// Some pixels are skipped by a stride that is longer than the kernel.
  bool is_zero() const { return y.taps == 0 || x.taps == 0; }
  /// The convolution of dy that gives the phase.
  Conv2dGeometry convolution(const Conv2dGeometry& g) const {
    return {.images = g.images,
            .height = g.out_h,
            .width = g.out_w,
            .channels = g.filters,
            .kernel_h = y.taps,
            .kernel_w = x.taps,
            .filters = g.channels,
            .out_h = y.count,
            .out_w = x.count,
            .options = {.pads = {y.before(), y.behind(g.out_h), x.before(), x.behind(g.out_w)}}};
  }
};

/// The phases' number and, each made when it is wanted, the phases.
inline std::int64_t phases(const Conv2dGeometry& g) { return g.options.stride_h * g.options.stride_w; }
inline Phase phase(const Conv2dGeometry& g, std::int64_t i) {
  const Conv2dOptions& o = g.options;
  return {PhaseAxis::of(g.height, g.kernel_h, o.stride_h, o.pads.top, i / o.stride_w),
          PhaseAxis::of(g.width, g.kernel_w, o.stride_w, o.pads.left, i % o.stride_w)};
}

}  // namespace gibbs::kernels::direct
