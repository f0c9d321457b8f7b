// RunSettings: what the numbers of a run depend on beside its state, as texts under names, so that two runs can be
// compared and what differs can be told.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gibbs/data/dataset.h"

namespace gibbs::train {

/// Names and values: batch size, seed, the loss.
using RunSettings = std::vector<std::pair<std::string, std::string>>;

/// "batch size is 32 in the checkpoint and 250 here, ..."; empty for equal settings. Checksums say nothing to a reader:
/// "training images changed". That their classes and their order changed, too, is not told then.
std::string differences(const RunSettings& saved, const RunSettings& here);

/// The data: names of the classes, size of the images, and for both sets one checksum of its images in whatever order,
/// one of which of them is of which class, and one of their order. Every pixel is read, at the speed of memory.
/// Errors: those of data::validate, and indices that the dataset does not have.
RunSettings describe_data(const data::Subset& train, const data::Subset& validation);

/// What decides about the last bits of a run, and about nothing else: OpenBLAS' core, the library's instruction set,
/// and whether layers are fused (nn/fusion.h).
RunSettings describe_arithmetic();

}  // namespace gibbs::train
