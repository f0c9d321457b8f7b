// Normalisation: numbers that belong together get mean 0 and variance 1, and then a scale and a shift of their channel.
//
//   y = f((x - mean) / sqrt(var + epsilon) scale + shift)
//
// f is an activation, none by default: done here, its input is never stored. Batch, layer, group and instance
// normalisation differ in what belongs together only. x is seen as [outer, positions, groups, depth]; mean and var
// belong to an [outer, group], over its positions and its depth; scale and shift belong to the channels, which are
// groups and depth together:
//
//   batch norm of [..., C]           [1, all positions, C, 1]
//   instance norm of [N, ..., C]     [N, positions, C, 1]
//   group norm of [N, ..., C]        [N, positions, groups, C / groups]
//   layer norm of [..., K], RMSNorm  [all rows, 1, 1, K]
//
// x is read twice: once for the moments, once to be normalised. Sums are made in double and about a number of the
// channel itself, so that a large mean does not cancel.
#pragma once

#include <string>

#include "gibbs/tensor/kernels/activation.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

struct NormGeometry {
  std::int64_t outer, positions, groups, depth;

  /// Of x [..., C] by channels: batch norm.
  static NormGeometry of_batch(const Shape& x);
  /// Of x [N, ..., C] by samples and groups of channels, which divide C: group norm; instance norm with C groups.
  static NormGeometry of_groups(const Shape& x, std::int64_t groups);
  /// Of x by everything before its last `axes` axes: layer norm.
  static NormGeometry of_rows(const Shape& x, int axes);

  std::int64_t channels() const { return groups * depth; }
  /// Numbers that share a mean.
  std::int64_t count() const { return positions * depth; }
  Shape x_shape() const { return {outer, positions, groups, depth}; }
  Shape moments_shape() const { return {outer, groups}; }
};

/// The mean and the variance (divided by the count) of every [outer, group], float64.
struct Moments {
  Tensor mean, var;
};
/// Of x's numbers. Not centered: mean is 0, and var the mean square (RMSNorm).
Moments moments(const Tensor& x, const NormGeometry& geometry, bool centered = true);

/// y, by moments of x or by others; scale, shift and f stand in `output`.
Tensor normalize(const Tensor& x, const Moments& moments, const Epilogue& output, const NormGeometry& geometry,
                 double epsilon);

/// The gradients, from dy. With r = 1 / sqrt(var + epsilon), n = (x - mean) r, and d = dy f'(n scale + shift):
///
///   dshift = sum d     dscale = sum d n     g = d scale
///   dx = r g                                            by moments that are constants
///   dx = r (g - mean of g - n (mean of g n))            by x's own
///   dx = r (g - n (mean of g n))                        by x's own mean square, not centered
struct NormGradients {
  Tensor dx, dscale, dshift;  // undefined where not wanted
};
struct NormWanted {
  bool dx, dscale, dshift;
};
enum class MomentsAre { constants, own, own_mean_square };
NormGradients normalize_gradients(const Tensor& x, const Moments& moments, const Epilogue& output, const Tensor& dy,
                                  const NormGeometry& geometry, double epsilon, MomentsAre are,
                                  const NormWanted& wanted);

}  // namespace gibbs::kernels
