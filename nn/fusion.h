// Fusion: layers that stand in a row and are faster as one op. Users write plain layers; Sequential asks here, and a
// table of patterns (fusion.cpp) answers.
//
// The fused op computes the same function, to rounding. It is not used where somebody wants to see the layers inside:
// when the ForwardScope checks for NaN or has an observer, in anomaly mode, or when one of the layers has a hook.
// fusion_report says of a model what is fused, and why the rest is not.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

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

/// Computes the run that `layers` begin with by the first row of the table that fits. None when no row does, or when
/// fusion is off.
std::optional<FusedRun> try_fused(std::span<const std::unique_ptr<Layer>> layers, const Variable& x);

/// A line for every run of layers that a row of the table knows, in the order of calls: "one op", or what stands in the
/// way; once as the model trains, once as it is evaluated. The model is run on zeros, two samples of `input_shape`.
std::string fusion_report(const Layer& model, const Shape& input_shape);

}  // namespace gibbs::nn
