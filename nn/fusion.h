// Fusion: layers that stand in a row and are faster as one op. Users write plain layers; Sequential asks here.
//
// The fused op computes the same function, to rounding. It is not used where somebody wants to see the layers inside:
// when the ForwardScope checks for NaN or has an observer, in anomaly mode, or when one of the layers has a hook; nor
// for a Conv2d without bias, since the fused kernel adds one.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "gibbs/nn/module.h"

namespace gibbs::nn {

/// Whether Sequential may fuse, in the whole process: true unless the environment variable GIBBS_FUSE is 0, until
/// set_fusion says otherwise. Throws when the variable is anything but 0, 1 or empty.
bool fusion_enabled();
void set_fusion(bool enabled);

/// A run of layers computed as one op.
struct FusedRun {
  Variable y;
  std::size_t layers;  // how many were computed
};

/// Computes the longest known run that `layers` begin with: Conv2d with bias, ReLU, MaxPool2d. None when there is none,
/// when its geometry has no fused kernel, or when fusion is off.
std::optional<FusedRun> try_fused(std::span<const std::unique_ptr<Layer>> layers, const Variable& x);

}  // namespace gibbs::nn
