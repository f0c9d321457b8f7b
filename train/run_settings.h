// What a run depends on, described as RunSettings, and what differs between those of two runs, in a sentence.
#pragma once

#include <string>

#include "gibbs/data/batches.h"
#include "gibbs/tensor/run_settings.h"

namespace gibbs::train {

/// "batch size is 32 in the checkpoint and 250 here, ..."; empty for equal settings. Checksums say nothing to a reader:
/// "training images changed". Other checksums whose names begin with that one's, "training images' order", are not told
/// then.
std::string differences(const RunSettings& saved, const RunSettings& here);

/// Adds others at the end.
void append(RunSettings& settings, RunSettings more);

/// Throws when two have one name; `who` opens the message.
void check_names_differ(const char* who, const RunSettings& settings);

/// The same with a prefix before every name: "training batch size".
RunSettings prefixed(const std::string& prefix, RunSettings settings);

/// The digest of training or validation data, with the prefix. Throws when it is empty: other data could not be told.
RunSettings describe_data(const std::string& prefix, const data::Batches& batches);

/// Whether bits are those of this machine only (tensor/bits.h): a run goes on in the mode that it was begun in.
RunSettings describe_bits();

/// What decides about the last bits of a run, and about nothing else: who multiplies matrices (kernels/gemm_options.h),
/// OpenBLAS' core where it does, the library's instruction set, and whether layers are fused (nn/fusion.h).
RunSettings describe_arithmetic();

}  // namespace gibbs::train
