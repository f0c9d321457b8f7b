// What a run depends on, described as RunSettings, and what differs between those of two runs, in a sentence.
#pragma once

#include <string>

#include "gibbs/data/dataset.h"
#include "gibbs/tensor/run_settings.h"

namespace gibbs::train {

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
